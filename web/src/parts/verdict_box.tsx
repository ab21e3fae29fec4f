// SPDX-License-Identifier: Apache-2.0
// The verdict: one sentence, its numbers, its limits, and the arithmetic behind a click.

import { earlier_jobs, earlier_of } from '../earlier';
import { alpha_of_attempt, exposure_factor } from '../evidence';
import { bound, exposure, number, percent, plural, probability, words } from '../format';
import type { ArmCounts, ExposureUnit, Job, Verdict } from '../model';
import { standing_words } from '../standing';
import { Shown } from './text';
import { JobBadge } from './verdict';

interface Figure {
    label: string;
    value: string;
    note: string;
}

function unit_word(unit: ExposureUnit): string {
    if (unit === 'guest_seconds') return 'guest second';
    return unit === 'bogo_ops' ? 'bogo operation' : 'deadline exit';
}

// Trials that are evidence one way or the other.
function judged(counts: ArmCounts): number {
    return counts.hits + counts.clean + counts.other;
}

function figures(verdict: Verdict): Figure[] {
    const { unpatched, patched, unit } = verdict;
    const list: Figure[] = [
        {
            label: 'unpatched',
            value: `${unpatched.hits}/${judged(unpatched)}`,
            note: `hits in ${exposure(unpatched.exposure, unit)}`,
        },
        {
            label: 'patched',
            value: `${patched.hits}/${judged(patched)}`,
            note: `hits in ${exposure(patched.exposure, unit)}`,
        },
    ];
    const earlier = earlier_of(verdict);
    if (earlier)
        list.push({
            label: 'known before',
            value: plural(earlier.hits, 'hit'),
            note: `of the same kernel in ${exposure(earlier.exposure, unit)}, by ${earlier_jobs(earlier)}; counted beside its own`,
        });
    if (verdict.p_value !== null)
        list.push({
            label: 'p',
            value: probability(verdict.p_value),
            note: `chance of this, were both kernels alike; at most ${probability(1 - verdict.confidence)} asked`,
        });
    if (verdict.rate_ratio_bound !== null)
        list.push({
            label: 'rate left',
            value: `≤ ${bound(verdict.rate_ratio_bound)}`,
            note: `of the other kernel's, at ${percent(verdict.confidence)} confidence`,
        });
    if (verdict.rate_bound !== null)
        list.push({
            label: 'rate',
            value: `≤ ${probability(verdict.rate_bound)}`,
            note: `hits per ${unit_word(verdict.unit)}`,
        });
    return list;
}

// E_A as the rule used it: hits that came after the k-th are a control, and do not count.
function exposure_of_hits(job: Job, verdict: Verdict): number {
    const hit = verdict.kind === 'regression' ? verdict.patched : verdict.unpatched;
    if (verdict.exposure_needed === null) return hit.exposure;
    const alpha = alpha_of_attempt(verdict.confidence, job.spec.workload);
    return verdict.exposure_needed / exposure_factor(alpha, verdict.hits_needed);
}

function Arithmetic({ job, verdict }: { job: Job; verdict: Verdict }) {
    const exchanged = verdict.kind === 'regression';
    const hit = exchanged ? verdict.patched : verdict.unpatched;
    const clean = exchanged ? verdict.unpatched : verdict.patched;
    const alpha = alpha_of_attempt(verdict.confidence, job.spec.workload);
    const halved = job.spec.workload === 'auto';
    return (
        <details>
            <summary>How this was decided</summary>
            <dl class="formula">
                <dt>α = {halved ? '(1 − confidence) / 2' : '1 − confidence'}</dt>
                <dd>
                    = {probability(alpha)}: how often “fixed” may be said of a patch that does
                    nothing{halved ? '; half for each of two workloads' : ''}
                </dd>
                <dt>k = ⌈ln(1 / (1 − confidence))⌉</dt>
                <dd>
                    = {verdict.hits_needed} hits asked of the {exchanged ? 'patched' : 'unpatched'}{' '}
                    kernel; it had {hit.hits}
                </dd>
                <dt>
                    E<sub>A</sub>
                </dt>
                <dd>
                    = {exposure(exposure_of_hits(job, verdict), verdict.unit)} of that kernel
                    {verdict.exposure_needed !== null ? ' until the hit that was asked for' : ''}
                </dd>
                {verdict.exposure_needed !== null ? (
                    <>
                        <dt>
                            E<sub>B</sub> ≥ (α<sup>−1/k</sup> − 1) · E<sub>A</sub>
                        </dt>
                        <dd>
                            = {exposure(verdict.exposure_needed, verdict.unit)} asked of the other
                            kernel without a hit; it had {exposure(clean.exposure, verdict.unit)}
                        </dd>
                    </>
                ) : null}
                {verdict.p_value !== null ? (
                    <>
                        <dt>
                            p = (E<sub>A</sub> / (E<sub>A</sub> + E<sub>B</sub>))<sup>k</sup>
                        </dt>
                        <dd>= {probability(verdict.p_value)}</dd>
                    </>
                ) : null}
                {verdict.rate_ratio_bound !== null ? (
                    <>
                        <dt>
                            ratio ≤ ln(1 / (1 − confidence)) · E<sub>A</sub> / (k · E<sub>B</sub>)
                        </dt>
                        <dd>= {number(verdict.rate_ratio_bound)}</dd>
                    </>
                ) : null}
                {verdict.rate_bound !== null ? (
                    <>
                        <dt>rate ≤ ln(1 / (1 − confidence)) / E</dt>
                        <dd>
                            = {probability(verdict.rate_bound)} hits per {unit_word(verdict.unit)},
                            E the exposure without a hit
                        </dd>
                    </>
                ) : null}
            </dl>
            <p class="small dim">
                Evidence is counted while the detector was alive and the workload had effect; void
                trials add nothing.
            </p>
        </details>
    );
}

export function VerdictBox({ job }: { job: Job }) {
    const { verdict, problem } = job;
    return (
        <section class={`verdict-box kind-${verdict?.kind ?? 'none'}`} aria-label="Verdict">
            <div class="verdict-head">
                <JobBadge
                    stage={job.stage}
                    verdict={verdict?.kind ?? null}
                    cancelled={job.cancel_requested}
                    large="large"
                />
                <p class="sentence">
                    <Shown text={verdict?.sentence || standing_words(job)} />
                </p>
            </div>
            {problem ? (
                <div class="fault">
                    <p>
                        <b>
                            <Shown text={problem.what} />
                        </b>
                    </p>
                    {problem.where ? (
                        <p>
                            Where:{' '}
                            <code>
                                <Shown text={problem.where} />
                            </code>
                        </p>
                    ) : null}
                    {problem.hint ? (
                        <p>
                            What to do: <Shown text={problem.hint} />
                        </p>
                    ) : null}
                </div>
            ) : null}
            {verdict && verdict.kind !== 'error' ? (
                <>
                    <dl class="figures">
                        {figures(verdict).map((figure) => (
                            <div key={figure.label}>
                                <dt>{figure.label}</dt>
                                <dd class="num">{figure.value}</dd>
                                <dd class="small dim">{figure.note}</dd>
                            </div>
                        ))}
                    </dl>
                    {verdict.limits.length > 0 ? (
                        <div class="limits small">
                            <h2>What it does not say</h2>
                            <ul>
                                {verdict.limits.map((limit) => (
                                    <li key={limit}>
                                        <Shown text={limit} />
                                    </li>
                                ))}
                            </ul>
                        </div>
                    ) : null}
                    {verdict.void_causes.length > 0 ? (
                        <p class="small">
                            Void trials: <Shown text={verdict.void_causes.map(words).join(', ')} />
                        </p>
                    ) : null}
                    <Arithmetic job={job} verdict={verdict} />
                </>
            ) : null}
        </section>
    );
}
