// SPDX-License-Identifier: Apache-2.0
// What a job's events say beyond its stored rows: when each stage began, and how far the build
// and the running trial are.

import type { ArmName, JobEvent, JobStage } from './model';

export interface Progress {
    stages: Partial<Record<JobStage, string>>;  // when it began
    builds: Partial<Record<ArmName, BuildProgress>>;
    heartbeat: Heartbeat | null;
    log: LogLine[];  // the latest, oldest first
}

export interface BuildProgress {
    done: number;
    expected: number;  // 0 when not known
}

export interface Heartbeat {
    trial: number;
    uptime: number;
    iteration: number;
    debug_locks: number | null;
    dl_exits: number | null;
}

export interface LogLine {
    seq: number;
    at: string;
    text: string;
}

const k_log_lines = 40;

export const k_no_progress: Progress = { stages: {}, builds: {}, heartbeat: null, log: [] };

function number_in(data: Record<string, unknown>, ...names: string[]): number | null {
    for (const name of names) {
        const value = data[name];
        if (typeof value === 'number' && Number.isFinite(value)) return value;
    }
    return null;
}

function text_in(data: Record<string, unknown>, ...names: string[]): string {
    for (const name of names) {
        const value = data[name];
        if (typeof value === 'string') return value;
    }
    return '';
}

function heartbeat_of(data: Record<string, unknown>): Heartbeat | null {
    const uptime = number_in(data, 'uptime');
    if (uptime === null) return null;
    return {
        trial: number_in(data, 'trial') ?? 0,
        uptime,
        iteration: number_in(data, 'iteration') ?? 0,
        debug_locks: number_in(data, 'debug_locks'),
        dl_exits: number_in(data, 'dl_exits'),
    };
}

function with_build(old: Progress, data: Record<string, unknown>): Progress {
    const arm = text_in(data, 'arm');
    const done = number_in(data, 'done', 'objects');
    if ((arm !== 'unpatched' && arm !== 'patched') || done === null) return old;
    const expected = number_in(data, 'expected', 'total') ?? 0;
    return { ...old, builds: { ...old.builds, [arm]: { done, expected } } };
}

function with_log(old: Progress, event: JobEvent): Progress {
    const text = text_in(event.data, 'text', 'line', 'message', 'what');
    if (!text) return old;
    const log = [...old.log.filter((line) => line.seq !== event.seq), { seq: event.seq, at: event.at, text }];
    return { ...old, log: log.slice(-k_log_lines) };
}

export function advanced(old: Progress, event: JobEvent): Progress {
    switch (event.type) {
        case 'stage': {
            const stage = text_in(event.data, 'stage', 'to') as JobStage;
            return { ...old, heartbeat: null, stages: { [stage]: event.at, ...old.stages } };
        }
        case 'build': return with_build(old, event.data);
        case 'heartbeat': return { ...old, heartbeat: heartbeat_of(event.data) ?? old.heartbeat };
        case 'trial': return { ...old, heartbeat: null };
        case 'log': return with_log(old, event);
        default: return old;
    }
}
