// SPDX-License-Identifier: Apache-2.0
// The verdict: one sentence, its numbers, its limits, and the arithmetic behind a click.

import { exposure, number, percent, probability, words } from '../format';
import type { Job, Verdict } from '../model';
import { Shown } from './text';
import { JobBadge } from './verdict';

interface Figure {
    label: string;
    value: string;
    note: string;
}

function figures(verdict: Verdict): Figure[] {
    const { unpatched, patched, unit } = verdict;
    const list: Figure[] = [
        { label: 'unpatched', value: `${unpatched.hits}/${unpatched.trials - unpatched.void}`, note: `hits in ${exposure(unpatched.exposure, unit)}` },
        { label: 'patched', value: `${patched.hits}/${patched.trials - patched.void}`, note: `hits in ${exposure(patched.exposure, unit)}` },
    ];
    if (verdict.p_value !== null)
        list.push({ label: 'p', value: probability(verdict.p_value), note: `chance of this, were both kernels alike; at most ${probability(1 - verdict.confidence)} asked` });
    if (verdict.rate_ratio_bound !== null)
        list.push({ label: 'rate left', value: `≤ ${percent(Number(verdict.rate_ratio_bound.toPrecision(2)))}`, note: `of the other kernel's, at ${percent(verdict.confidence)} confidence` });
    if (verdict.rate_bound !== null)
        list.push({ label: 'rate', value: `≤ ${probability(verdict.rate_bound)}`, note: `hits per ${verdict.unit === 'guest_seconds' ? 'guest second' : 'deadline exit'}` });
    return list;
}

function Arithmetic({ verdict }: { verdict: Verdict }) {
    const exchanged = verdict.kind === 'regression';
    const hit = exchanged ? verdict.patched : verdict.unpatched;
    const clean = exchanged ? verdict.unpatched : verdict.patched;
    const alpha = probability(1 - verdict.confidence);
    const k = verdict.hits_needed;
    return (
        <details>
            <summary>How this was decided</summary>
            <dl class="formula">
                <dt>α = 1 − confidence</dt>
                <dd>= {alpha}: how often “fixed” may be said of a patch that does nothing</dd>
                <dt>k = ⌈ln(1/α)⌉</dt>
                <dd>= {k} hits asked of the kernel with the bug; it had {hit.hits}</dd>
                <dt>E<sub>A</sub></dt>
                <dd>= {exposure(hit.exposure, verdict.unit)} until then ({exchanged ? 'patched' : 'unpatched'})</dd>
                {verdict.exposure_needed !== null ? (
                    <>
                        <dt>E<sub>B</sub> ≥ (α<sup>−1/k</sup> − 1) · E<sub>A</sub></dt>
                        <dd>
                            = {exposure(verdict.exposure_needed, verdict.unit)} asked of the other without a hit;
                            it had {exposure(clean.exposure, verdict.unit)}
                        </dd>
                    </>
                ) : null}
                {verdict.p_value !== null ? (
                    <>
                        <dt>p = (E<sub>A</sub> / (E<sub>A</sub> + E<sub>B</sub>))<sup>k</sup></dt>
                        <dd>= {probability(verdict.p_value)}</dd>
                    </>
                ) : null}
                {verdict.rate_ratio_bound !== null ? (
                    <>
                        <dt>ratio ≤ ln(1/α) · E<sub>A</sub> / (k · E<sub>B</sub>)</dt>
                        <dd>= {number(verdict.rate_ratio_bound)}</dd>
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
                <JobBadge job={job} large="large" />
                {verdict?.sentence ? <p class="sentence"><Shown text={verdict.sentence} /></p> : null}
            </div>
            {problem ? (
                <div class="fault">
                    <p><b><Shown text={problem.what} /></b></p>
                    {problem.where ? <p>Where: <code><Shown text={problem.where} /></code></p> : null}
                    {problem.hint ? <p>What to do: <Shown text={problem.hint} /></p> : null}
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
                            <h3>What it does not say</h3>
                            <ul>{verdict.limits.map((limit) => <li key={limit}><Shown text={limit} /></li>)}</ul>
                        </div>
                    ) : null}
                    {verdict.void_causes.length > 0 ? (
                        <p class="small">Void trials: <Shown text={verdict.void_causes.map(words).join(', ')} /></p>
                    ) : null}
                    <Arithmetic verdict={verdict} />
                </>
            ) : null}
        </section>
    );
}
