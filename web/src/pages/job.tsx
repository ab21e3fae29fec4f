// SPDX-License-Identifier: Apache-2.0
// One job: how far it is, what came out, and the evidence for it.

import { useEffect, useRef, useState } from 'preact/hooks';

import { get_job, get_reports, get_trials, k_api } from '../api';
import { evidence_of, exposure_needed, hits_needed } from '../evidence';
import { percent, plural } from '../format';
import type { LiveState } from '../live';
import { use_job_events } from '../live';
import type { ArmName, Job, JobEvent, StoredReport, Trial } from '../model';
import type { Demand } from '../parts/arm';
import { ArmPanel, Legend } from '../parts/arm';
import { Alignment } from '../parts/frames';
import { MailSection } from '../parts/mail_parts';
import { LiveSign, With } from '../parts/states';
import { Ago, Command, Raw, Shown } from '../parts/text';
import { Timeline } from '../parts/timeline';
import { VerdictBox } from '../parts/verdict_box';
import type { Progress } from '../progress';
import { advanced, k_no_progress } from '../progress';
import { repeat_commands } from '../repeat';
import { use_resource } from '../resource';
import { use_title } from '../title';

interface Whole {
    job: Job;
    trials: Trial[];
    reports: StoredReport[];
}

async function get_whole(id: number, signal: AbortSignal): Promise<Whole> {
    const [job, trials, reports] = await Promise.all([
        get_job(id, signal), get_trials(id, signal), get_reports(id, signal),
    ]);
    return { job, trials, reports };
}

// What the stopping rule asks of each arm now; the verdict's own numbers once it is there.
function demand_of(whole: Whole, arm: ArmName): Demand {
    const { job, trials } = whole;
    const unit = job.verdict?.unit ?? job.workload?.unit
        ?? trials.find((trial) => trial.outcome)?.outcome?.unit ?? 'guest_seconds';
    const { confidence } = job.spec;
    const hit_arm: ArmName = job.verdict?.kind === 'regression' ? 'patched' : 'unpatched';
    const k = job.verdict?.hits_needed || hits_needed(confidence);
    if (arm === hit_arm) return { hits: k, exposure: null, unit };
    if (job.verdict) return { hits: null, exposure: job.verdict.exposure_needed, unit };
    const hits = evidence_of(trials, hit_arm);
    const known = hits.hits >= k;
    return { hits: null, unit, exposure: known ? exposure_needed(confidence, k, hits.exposure) : null };
}

function Head({ job, live }: { job: Job; live: LiveState }) {
    const facts = [
        <Shown text={job.spec.tree} />, <Shown text={job.spec.profile} />,
        `${job.workload?.form ?? job.spec.workload} workload`, percent(job.spec.confidence),
    ];
    return (
        <header class="page-head">
            <div>
                <p class="crumbs small"><a href="/">Jobs</a> / #{job.id}</p>
                <h1 tabIndex={-1}>{job.title ? <Shown text={job.title} /> : `Job ${job.id}`}</h1>
                <p class="dim small">
                    {facts.map((fact, i) => <>{i > 0 ? ' · ' : null}{fact}</>)}
                    {job.direction === 'reverse' ? ' · the tree holds the patch already: taken out for the unpatched kernel' : null}
                    {' · submitted '}<Ago at={job.created_at} />
                </p>
            </div>
            <span class="links">
                <LiveSign state={live} />
                <a href={`${k_api}/jobs/${job.id}`}>JSON</a>
            </span>
        </header>
    );
}

function report_note(stored: StoredReport): string {
    if (stored.target) return stored.matches_expected ? 'the target, as in the mail' : 'the target';
    return stored.matches_expected ? 'as in the mail' : 'another bug';
}

function Reports({ reports, trials }: { reports: StoredReport[]; trials: Trial[] }) {
    const number_of = new Map(trials.map((trial) => [trial.id, trial.number]));
    return (
        <section aria-labelledby="reports">
            <h2 id="reports">Reports</h2>
            {reports.length === 0 ? <p class="dim">No report was read off a console yet.</p> : (
                <ul class="reports">
                    {reports.map((stored) => (
                        <li key={stored.id}>
                            <a href={`/reports/${stored.id}`}><Shown text={stored.report.title} /></a>
                            <span class="small dim">
                                {stored.arm}, trial {number_of.get(stored.trial) ?? stored.trial} ·{' '}
                                <span class={stored.target ? 'target' : ''}>{report_note(stored)}</span>
                                {stored.report.corrupted ? ' · cut off' : ''} ·{' '}
                                <a href={`/trials/${stored.trial}/console#L${stored.report.first_line}-L${Math.max(stored.report.first_line, stored.report.end_line - 1)}`}>
                                    console line {stored.report.first_line}
                                </a>
                            </span>
                        </li>
                    ))}
                </ul>
            )}
        </section>
    );
}

// The report that best stands for the expected trace.
function best_match(reports: StoredReport[]): StoredReport | null {
    const scored = reports.filter((stored) => stored.match !== null);
    scored.sort((a, b) => (b.match?.score ?? 0) - (a.match?.score ?? 0) || a.id - b.id);
    return scored[0] ?? null;
}

function Comparison({ job, reports }: { job: Job; reports: StoredReport[] }) {
    const best = best_match(reports);
    if (!job.expected || job.expected.frames.length === 0) return null;
    return (
        <section aria-labelledby="traces">
            <h2 id="traces">Expected and observed</h2>
            {best?.match ? (
                <>
                    <p>
                        <b>{best.match.same_bug ? 'The same bug' : 'Not the same bug'}</b>{' '}
                        <span class="dim">({percent(Number(best.match.score.toPrecision(2)))} alike, <a href={`/reports/${best.id}`}>{best.arm} report</a>)</span>
                        {best.match.why ? <>: <Shown text={best.match.why} /></> : null}
                    </p>
                    <Alignment expected={job.expected.frames} observed={best.report.frames} pairs={best.match.aligned} />
                </>
            ) : <p class="dim">The mail has a trace of {plural(job.expected.frames.length, 'frame')}; no report to compare it with yet.</p>}
        </section>
    );
}

function WorkloadSection({ job }: { job: Job }) {
    const { workload } = job;
    if (!workload) return null;
    return (
        <section aria-labelledby="workload">
            <h2 id="workload">Workload</h2>
            <p class="small dim">
                <Shown text={workload.name} />, {workload.form}: {plural(workload.vcpus, 'vCPU')}, {workload.memory_mib} MiB
            </p>
            <Raw text={workload.script} label="One iteration" />
            {workload.changes.length > 0 ? (
                <>
                    <h3>Changed from the mail</h3>
                    <ul class="small">{workload.changes.map((change) => <li key={change}><Shown text={change} /></li>)}</ul>
                </>
            ) : null}
        </section>
    );
}

function Repeat({ job }: { job: Job }) {
    const commands = repeat_commands(job, location.origin);
    return (
        <section aria-labelledby="repeat">
            <h2 id="repeat">Repeat it</h2>
            <p class="small dim">The mail as it was submitted, then the same job again, by the CLI or by the API.</p>
            <Command text={commands.save} />
            <Command text={commands.cli} />
            <Command text={commands.http} />
        </section>
    );
}

function Log({ progress }: { progress: Progress }) {
    if (progress.log.length === 0) return null;
    return (
        <details class="log">
            <summary>Log, last {plural(progress.log.length, 'line')}</summary>
            <Raw text={progress.log.map((line) => line.text).join('\n')} label="Log" />
        </details>
    );
}

function Body({ whole, progress }: { whole: Whole; progress: Progress }) {
    const { job, trials, reports } = whole;
    return (
        <>
            <VerdictBox job={job} />
            <Timeline job={job} trials={trials} progress={progress} />
            <Log progress={progress} />
            <div class="arms">
                {(['unpatched', 'patched'] as const).map((arm) => (
                    <ArmPanel key={arm} job={job} arm={arm} trials={trials} demand={demand_of(whole, arm)} progress={progress} />
                ))}
            </div>
            <Legend />
            <Reports reports={reports} trials={trials} />
            <Comparison job={job} reports={reports} />
            <WorkloadSection job={job} />
            <MailSection job={job} />
            <Repeat job={job} />
        </>
    );
}

export function JobPage({ id }: { id: number }) {
    const whole = use_resource(`job ${id}`, (signal) => get_whole(id, signal));
    const [progress, set_progress] = useState<Progress>(k_no_progress);
    const timer = useRef(0);
    const take = (event: JobEvent) => {
        set_progress((old) => advanced(old, event));
        if (event.type === 'heartbeat' || event.type === 'log') return;
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(whole.reload, 250);
    };
    useEffect(() => () => window.clearTimeout(timer.current), []);
    const done = whole.data?.job.stage === 'done';
    const live = use_job_events(whole.data !== null && !done ? id : 0, take);
    use_title(whole.data?.job.title ?? `job ${id}`);
    return (
        <With resource={whole} what={`job ${id}`}>
            {(data) => (
                <>
                    <Head job={data.job} live={live} />
                    <Body whole={data} progress={progress} />
                </>
            )}
        </With>
    );
}
