// SPDX-License-Identifier: Apache-2.0
// What a job's events say beyond its stored rows: when each stage began, and how far the build
// and the running trial are.

import { about, duration, grouped, plural } from './format';
import type { ArmName, Build, Job, JobEvent, JobStage } from './model';

export interface Progress {
    stages: Partial<Record<JobStage, string>>; // when it began
    builds: Partial<Record<ArmName, BuildProgress>>;
    heartbeat: Heartbeat | null;
    left_s: number | null; // of all trials, as told last; null when it cannot be told
    log: LogLine[]; // the latest, oldest first
}

export interface BuildProgress {
    step: string; // "configuring", "compiling", ...
    objects: number; // compiled so far
    expected: number; // 0 when not known
    left_s: number | null; // of the compiling; null when it cannot be told
}

export interface Heartbeat {
    trial: number;
    uptime: number;
    iteration: number;
    exposure: number; // of this trial so far
    debug_locks: number | null;
}

export interface LogLine {
    seq: number;
    at: string;
    text: string;
}

const k_log_lines = 40;

// What comparing some of the objects that were not compiled has found.
const k_audits: Record<string, string> = {
    clean: 'and those compared are the same',
    mismatch: 'but one compared was another',
};

export const k_no_progress: Progress = {
    stages: {},
    builds: {},
    heartbeat: null,
    left_s: null,
    log: [],
};

function number_in(data: Record<string, unknown>, name: string): number | null {
    const value = data[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function text_in(data: Record<string, unknown>, name: string): string {
    const value = data[name];
    return typeof value === 'string' ? value : '';
}

function heartbeat_of(data: Record<string, unknown>): Heartbeat | null {
    const uptime = number_in(data, 'uptime');
    if (uptime === null) return null;
    return {
        trial: number_in(data, 'trial') ?? 0,
        uptime,
        iteration: number_in(data, 'iteration') ?? 0,
        exposure: number_in(data, 'exposure') ?? 0,
        debug_locks: number_in(data, 'debug_locks'),
    };
}

function with_build(old: Progress, data: Record<string, unknown>): Progress {
    const arm = text_in(data, 'arm');
    if (arm !== 'unpatched' && arm !== 'patched') return old;
    const build = {
        step: text_in(data, 'step'),
        objects: number_in(data, 'objects') ?? 0,
        expected: number_in(data, 'expected') ?? 0,
        left_s: number_in(data, 'left_s'),
    };
    return { ...old, builds: { ...old.builds, [arm]: build } };
}

function with_log(old: Progress, event: JobEvent): Progress {
    const text = text_in(event.data, 'text');
    if (!text) return old;
    const log = [
        ...old.log.filter((line) => line.seq !== event.seq),
        { seq: event.seq, at: event.at, text },
    ];
    return { ...old, log: log.slice(-k_log_lines) };
}

// What a build has to say of itself: "compiling: 312 of 1108 objects, about 2 min left".
export function build_words(build: BuildProgress): string {
    if (build.objects === 0) return build.step;
    const of = build.expected > 0 ? ` of ${grouped(build.expected)}` : '';
    const left = build.left_s === null ? '' : `, ${about(build.left_s)} left`;
    return `${build.step}: ${grouped(build.objects)}${of} objects${left}`;
}

// How long the trials may still take. Before the first hit there is nothing to tell it from but the
// budget, which ends them.
export function trials_left_words(left_s: number | null, job: Job): string {
    if (left_s !== null) return `${about(left_s)} left`;
    const { unpatched, patched } = job.arms;
    const used = unpatched.counts.wall_s + patched.counts.wall_s;
    const most = job.spec.budget.wall_s - used;
    return most > 0 ? `at most ${duration(most)} left` : '';
}

// What was compiled, of all that make would have compiled.
export function built_words(build: Build): string {
    if (build.cached) return 'from the cache';
    const took = ` in ${duration(build.wall_s)}`;
    if (build.skipped === 0) return `${plural(build.objects, 'object')}${took}`;
    const audit = build.audit ? `, ${k_audits[build.audit] ?? build.audit}` : '';
    return (
        `${grouped(build.objects)} of ${plural(build.objects + build.skipped, 'object')}${took}: ` +
        `the patch does not reach the others${audit}`
    );
}

export function advanced(old: Progress, event: JobEvent): Progress {
    switch (event.type) {
        case 'stage': {
            const stage = text_in(event.data, 'stage') as JobStage;
            return { ...old, heartbeat: null, stages: { [stage]: event.at, ...old.stages } };
        }
        case 'build':
            return with_build(old, event.data);
        case 'heartbeat':
            return {
                ...old,
                heartbeat: heartbeat_of(event.data) ?? old.heartbeat,
                left_s: number_in(event.data, 'left_s'),
            };
        case 'trial':
            return { ...old, heartbeat: null };
        case 'log':
            return with_log(old, event);
        default:
            return old;
    }
}
