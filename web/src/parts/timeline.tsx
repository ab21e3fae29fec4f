// SPDX-License-Identifier: Apache-2.0
// The stages of a job, with the time each took.

import { duration, local_time, seconds_between } from '../format';
import type { Job, JobStage, Trial } from '../model';
import type { Progress } from '../progress';
import { build_words, trials_left_words } from '../progress';
import { k_stages } from './verdict';

const k_order: JobStage[] = ['queued', 'checking_out', 'building', 'running', 'done'];

type StepState = 'past' | 'now' | 'ahead' | 'failed';

interface Step {
    stage: JobStage;
    state: StepState;
    began: string; // empty when not known
    took: string;
}

function began_at(stage: JobStage, job: Job, trials: Trial[], progress: Progress): string {
    const told = progress.stages[stage];
    if (told) return told;
    if (stage === 'queued') return job.created_at;
    if (stage === 'running') return trials[0]?.started_at ?? '';
    if (stage === 'done' && job.stage === 'done') return job.updated_at;
    return '';
}

function took(stage: JobStage, job: Job, began: string, ended: string): string {
    const told = began && ended ? seconds_between(began, ended) : NaN;
    if (told >= 0) return duration(told);
    const builds = [job.arms.unpatched.build, job.arms.patched.build];
    if (stage === 'building' && builds.some((build) => build !== null))
        return duration(builds.reduce((sum, build) => sum + (build?.wall_s ?? 0), 0));
    return '';
}

export function steps_of(job: Job, trials: Trial[], progress: Progress): Step[] {
    const failed_in = job.problem ? job.problem.stage : '';
    const reached = k_order.indexOf(job.stage);
    const failed_at = k_order.indexOf(failed_in as JobStage);
    return k_order.map((stage, i) => {
        const began = began_at(stage, job, trials, progress);
        const next =
            k_order
                .slice(i + 1)
                .map((s) => began_at(s, job, trials, progress))
                .find(Boolean) ?? '';
        const state: StepState =
            i === failed_at
                ? 'failed'
                : failed_at >= 0 && i > failed_at && stage !== 'done'
                  ? 'ahead'
                  : i < reached || (stage === 'done' && job.stage === 'done')
                    ? 'past'
                    : i === reached
                      ? 'now'
                      : 'ahead';
        return { stage, state, began, took: stage === 'done' ? '' : took(stage, job, began, next) };
    });
}

function detail(step: Step, job: Job, progress: Progress): string {
    if (step.state !== 'now') return step.took;
    if (step.stage === 'building') {
        const arm = job.arms.unpatched.build ? 'patched' : 'unpatched';
        const at = progress.builds[arm];
        return at ? `${arm}, ${build_words(at)}` : `${arm} kernel`;
    }
    if (step.stage === 'running') {
        const { heartbeat } = progress;
        const trial = heartbeat
            ? `iteration ${heartbeat.iteration}, ${duration(heartbeat.uptime)} up`
            : 'now';
        const build = job.arms.patched.build ? undefined : progress.builds.patched;
        return [
            trial,
            trials_left_words(progress.left_s, job),
            build ? `patched kernel ${build_words(build)}` : '',
        ]
            .filter(Boolean)
            .join('; ');
    }
    return 'now';
}

const k_signs: Record<StepState, string> = { past: '✓', now: '▸', ahead: '·', failed: '×' };

export function Timeline({
    job,
    trials,
    progress,
}: {
    job: Job;
    trials: Trial[];
    progress: Progress;
}) {
    return (
        <ol class="timeline" aria-label="Stages">
            {steps_of(job, trials, progress).map((step) => (
                <li
                    key={step.stage}
                    class={`step ${step.state}`}
                    aria-current={step.state === 'now' ? 'step' : undefined}
                    title={step.began ? `began ${local_time(step.began)}` : undefined}
                >
                    <span class="sign" aria-hidden="true">
                        {k_signs[step.state]}
                    </span>
                    <span class="name">
                        {step.stage === 'running' ? 'trials' : k_stages[step.stage]}
                    </span>
                    <span class="took num">{detail(step, job, progress)}</span>
                </li>
            ))}
        </ol>
    );
}
