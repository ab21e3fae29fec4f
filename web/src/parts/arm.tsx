// SPDX-License-Identifier: Apache-2.0
// One arm of a job: its kernel, its trials, its evidence.

import { plain } from '../display';
import { duration, exposure } from '../format';
import type { ArmCounts, ArmName, Build, ExposureUnit, Job, Trial } from '../model';
import type { Progress } from '../progress';
import { build_words, built_words } from '../progress';
import { Shown } from './text';
import { Hits, k_outcomes, outcome_look, outcome_words } from './verdict';

function BuildFacts({
    build,
    arm,
    job,
    progress,
}: {
    build: Build | null;
    arm: ArmName;
    job: Job;
    progress: Progress;
}) {
    const under_way = progress.builds[arm];
    if (!build && under_way && job.stage === 'building') {
        return (
            <div class="facts small">
                <span>
                    <Shown text={build_words(under_way)} />
                </span>
                {under_way.expected > 0 ? (
                    <progress
                        max={under_way.expected}
                        value={Math.min(under_way.objects, under_way.expected)}
                        aria-label="objects built"
                    />
                ) : null}
            </div>
        );
    }
    if (!build)
        return (
            <p class="facts small dim">
                {job.stage === 'done' ? 'No kernel was built.' : 'The kernel is not built yet.'}
            </p>
        );
    return (
        <dl class="facts small">
            <div>
                <dt>kernel</dt>
                <dd>
                    <code>
                        <Shown text={build.release} />
                    </code>
                </dd>
            </div>
            <div>
                <dt>build</dt>
                <dd>
                    {built_words(build)}
                    {build.plain ? (
                        <div class="dim">
                            plain make: <Shown text={build.plain} />
                        </div>
                    ) : null}
                </dd>
            </div>
            <div>
                <dt>compiler</dt>
                <dd>
                    <Shown text={build.compiler} />
                </dd>
            </div>
            <div>
                <dt>key</dt>
                <dd>
                    <code title={plain(build.key)}>{plain(build.key).slice(0, 12)}</code>
                </dd>
            </div>
        </dl>
    );
}

function cell_title(trial: Trial): string {
    const outcome = trial.outcome;
    const head = `trial ${trial.number}: ${outcome_words(trial)}`;
    if (!outcome) return head;
    const detail = outcome.detail ? `\n${plain(outcome.detail)}` : '';
    return `${head}, ${exposure(outcome.exposure, outcome.unit)}, ${duration(outcome.wall_s)}${detail}`;
}

function Strip({ trials, none }: { trials: Trial[]; none: string }) {
    if (trials.length === 0) return <p class="dim">{none}</p>;
    return (
        <ol class="strip" aria-label="Trials">
            {trials.map((trial) => {
                const look = outcome_look(trial);
                return (
                    <li key={trial.id}>
                        <a
                            class={`cell tone-${look.tone}`}
                            href={`/trials/${trial.id}/console`}
                            title={cell_title(trial)}
                            aria-label={`Trial ${trial.number}, ${outcome_words(trial)}: console`}
                        >
                            {look.sign}
                        </a>
                    </li>
                );
            })}
        </ol>
    );
}

// Exposure against what the rule asks for; without a demand, beside the other arm's.
function ExposureBar({
    have,
    need,
    unit,
}: {
    have: number;
    need: number | null;
    unit: ExposureUnit;
}) {
    const share = need && need > 0 ? Math.min(1, have / need) : 0;
    return (
        <div class="exposure">
            <div class="small">
                <b class="num">{exposure(have, unit)}</b>
                {need !== null && need > 0 ? (
                    <span class="dim">
                        {' '}
                        of {exposure(need, unit)} asked{have >= need ? ': enough' : ''}
                    </span>
                ) : null}
            </div>
            {need !== null && need > 0 ? (
                <div class={`bar ${have >= need ? 'full' : ''}`} aria-hidden="true">
                    <div class="fill" style={{ width: `${(share * 100).toFixed(1)}%` }} />
                </div>
            ) : null}
        </div>
    );
}

function Counts({
    counts,
    running,
    wanted_hits,
    judged_hits,
}: {
    counts: ArmCounts;
    running: number;
    wanted_hits: number | null;
    judged_hits: number | null; // that the verdict rests on
}) {
    const rest: string[] = [];
    if (counts.clean > 0) rest.push(`${counts.clean} clean`);
    if (counts.other > 0) rest.push(`${counts.other} other`);
    if (counts.void > 0) rest.push(`${counts.void} void`);
    if (running > 0) rest.push(`${running} running`);
    const after = judged_hits === null ? 0 : counts.hits - judged_hits;
    if (after > 0) rest.push(`${after} of the hits afterwards, as a control`);
    return (
        <div class="counts">
            <span class="big">
                <Hits hits={counts.hits} trials={counts.hits + counts.clean + counts.other} />
            </span>
            <span>
                {' '}
                trials hit
                {wanted_hits !== null ? <span class="dim"> ({wanted_hits} asked)</span> : null}
                {rest.length > 0 ? (
                    <span class="dim small">
                        {' · '}
                        {rest.join(' · ')}
                    </span>
                ) : null}
            </span>
        </div>
    );
}

export interface Demand {
    hits: number | null; // asked of this arm
    exposure: number | null; // asked of this arm
    unit: ExposureUnit;
}

export function ArmPanel({
    job,
    arm,
    demand,
    progress,
}: {
    job: Job;
    arm: ArmName;
    demand: Demand;
    progress: Progress;
}) {
    const { build, counts, trials } = job.arms[arm];
    const running = trials.filter((trial) => trial.outcome === null);
    const beat = progress.heartbeat;
    const live = beat && running.some((trial) => trial.id === beat.trial) ? beat : null;
    return (
        <section class="arm" aria-labelledby={`arm-${arm}`}>
            <h2 id={`arm-${arm}`}>{arm}</h2>
            {trials.length > 0 ? (
                <Counts
                    counts={counts}
                    running={running.length}
                    wanted_hits={demand.hits}
                    judged_hits={job.verdict?.[arm].hits ?? null}
                />
            ) : null}
            <Strip
                trials={trials}
                none={job.stage === 'done' ? 'No trial was run.' : 'No trial yet.'}
            />
            {live ? (
                <p class="small beat">
                    trial {running.at(-1)?.number}: iteration {live.iteration},{' '}
                    {duration(live.uptime)} up,{' '}
                    {live.debug_locks === 0 ? (
                        <b class="removed">lockdep is off</b>
                    ) : (
                        'lockdep alive'
                    )}
                </p>
            ) : null}
            {trials.length > 0 ? (
                <ExposureBar
                    have={counts.exposure + (live?.exposure ?? 0)}
                    need={demand.exposure}
                    unit={demand.unit}
                />
            ) : null}
            <BuildFacts build={build} arm={arm} job={job} progress={progress} />
        </section>
    );
}

export function Legend() {
    return (
        <p class="legend small dim">
            {Object.values(k_outcomes).map((look) => (
                <span key={look.word}>
                    <span class={`cell tone-${look.tone}`} aria-hidden="true">
                        {look.sign}
                    </span>{' '}
                    {look.word}
                </span>
            ))}
            <span>each cell opens its console</span>
        </p>
    );
}
