// SPDX-License-Identifier: Apache-2.0
// One job: how far it is, what came out, and the evidence for it.

import { useEffect, useRef, useState } from 'preact/hooks';

import { cancel_job, get_job, get_reports, k_api } from '../api';
import { alpha_of_attempt, exposure_factor, hits_needed } from '../evidence';
import { percent, plural } from '../format';
import type { LiveState } from '../live';
import { use_job_events } from '../live';
import type { ArmName, Job, JobEvent, StoredReport, Trial } from '../model';
import type { Demand } from '../parts/arm';
import { ArmPanel, Legend } from '../parts/arm';
import { Exports } from '../parts/exports';
import { Alignment } from '../parts/frames';
import { HitsOverTime } from '../parts/hits_over_time';
import { MailSection } from '../parts/mail_parts';
import { LiveSign, With } from '../parts/states';
import { Ago, Command, Raw, Shown } from '../parts/text';
import { Timeline } from '../parts/timeline';
import { TreeAnswers } from '../parts/tree_answers';
import { TwinLinks } from '../parts/twins';
import { VerdictBox } from '../parts/verdict_box';
import { group_reports } from '../report_groups';
import type { ReportGroup } from '../report_groups';
import type { Progress } from '../progress';
import { advanced, k_no_progress } from '../progress';
import { repeat_commands } from '../repeat';
import { use_resource } from '../resource';
import { use_title } from '../title';
import { token } from '../token';
import { tried_answer } from '../tree_words';

interface Whole {
    job: Job;
    trials: Trial[]; // of both arms, in order of start
    reports: StoredReport[];
}

async function get_whole(id: number, signal: AbortSignal): Promise<Whole> {
    const [job, reports] = await Promise.all([get_job(id, signal), get_reports(id, signal)]);
    const trials = [...job.arms.unpatched.trials, ...job.arms.patched.trials];
    return { job, reports, trials: trials.sort((a, b) => a.id - b.id) };
}

// What the stopping rule asks of an arm now; the verdict's own numbers once it is there.
function demand_of(job: Job, arm: ArmName): Demand {
    const { verdict } = job;
    const { confidence, workload } = job.spec;
    const unit = verdict?.unit ?? job.workload?.unit ?? 'guest_seconds';
    const hit_arm: ArmName = verdict?.kind === 'regression' ? 'patched' : 'unpatched';
    const k = verdict?.hits_needed || hits_needed(confidence);
    if (arm === hit_arm) return { hits: k, exposure: null, unit };
    if (verdict) return { hits: null, exposure: verdict.exposure_needed, unit };
    const { counts } = job.arms[hit_arm];
    const factor = exposure_factor(alpha_of_attempt(confidence, workload), k);
    return { hits: null, exposure: counts.hits >= k ? factor * counts.exposure : null, unit };
}

type Asked = { how: 'not' | 'sending' | 'noted' } | { how: 'failed'; why: string };

function Cancel({ job }: { job: Job }) {
    const [asked, set_asked] = useState<Asked>({ how: 'not' });
    if (job.stage === 'done') return null;
    const cancel = () => {
        set_asked({ how: 'sending' });
        cancel_job(job.id).then(
            () => set_asked({ how: 'noted' }),
            (error: unknown) =>
                set_asked({
                    how: 'failed',
                    why: error instanceof Error ? error.message : String(error),
                }),
        );
    };
    const noted = job.cancel_requested || asked.how === 'noted';
    const word = noted ? 'being cancelled' : asked.how === 'sending' ? 'Cancelling …' : 'Cancel';
    return (
        <>
            <button
                type="button"
                class="quiet"
                disabled={noted || asked.how === 'sending'}
                onClick={cancel}
            >
                <span aria-live="polite">{word}</span>
            </button>
            {asked.how === 'failed' && !noted ? (
                <span class="fault" role="alert">
                    <Shown text={asked.why} />
                </span>
            ) : null}
        </>
    );
}

function Head({ job, live }: { job: Job; live: LiveState }) {
    const facts = [
        <Shown text={job.spec.tree} />,
        <Shown text={job.spec.profile} />,
        `${job.workload?.form ?? job.spec.workload} workload`,
        percent(job.spec.confidence),
    ];
    return (
        <header class="page-head">
            <div>
                <p class="crumbs small">
                    <a href="/">Jobs</a> / #{job.id}
                </p>
                <h1 tabIndex={-1}>{job.title ? <Shown text={job.title} /> : `Job ${job.id}`}</h1>
                <p class="dim small">
                    {facts.map((fact, i) => (
                        <>
                            {i > 0 ? ' · ' : null}
                            {fact}
                        </>
                    ))}
                    {job.direction === 'reverse'
                        ? ' · the tree holds the patch already: taken out for the unpatched kernel'
                        : null}
                    {' · submitted '}
                    <Ago at={job.created_at} />
                </p>
            </div>
            <span class="links">
                <LiveSign state={live} />
                <Cancel job={job} />
                <TwinLinks page={`/jobs/${job.id}`} />
                <a href={`${k_api}/jobs/${job.id}/mail`}>mail</a>
            </span>
        </header>
    );
}

function group_note(group: ReportGroup): string {
    if (group.target) return group.matches_expected ? 'the target, as in the mail' : 'the target';
    return group.matches_expected ? 'as in the mail' : 'another bug';
}

function Groups({ groups, number_of }: { groups: ReportGroup[]; number_of: Map<number, number> }) {
    return (
        <ul class="reports">
            {groups.map((group) => (
                <li key={group.reports[0]?.id}>
                    <a href={`/reports/${group.reports[0]?.id}`}>
                        <Shown text={group.title} />
                    </a>
                    <span class="small dim">
                        <span class={group.target ? 'target' : ''}>{group_note(group)}</span>
                        {' · '}
                        {group.arm}
                        {group.reports.length > 1 ? ', trials ' : ', trial '}
                        {group.reports.map((stored, i) => (
                            <>
                                {i > 0 ? ', ' : null}
                                <a href={`/reports/${stored.id}`}>
                                    {number_of.get(stored.trial) ?? '?'}
                                </a>
                            </>
                        ))}
                    </span>
                </li>
            ))}
        </ul>
    );
}

function Reports({ reports, trials }: { reports: StoredReport[]; trials: Trial[] }) {
    const number_of = new Map(trials.map((trial) => [trial.id, trial.number]));
    const groups = group_reports(reports);
    const aside = groups.filter((group) => !group.target && !group.matches_expected);
    const about = groups.filter((group) => !aside.includes(group));
    return (
        <section aria-labelledby="reports">
            <h2 id="reports">Reports</h2>
            {about.length === 0 ? (
                <p class="dim">No report of the bug was read off a console.</p>
            ) : (
                <Groups groups={about} number_of={number_of} />
            )}
            {aside.length > 0 ? (
                <>
                    <h3>Side findings</h3>
                    <p class="small dim">Not what the job is about, and seen all the same.</p>
                    <Groups groups={aside} number_of={number_of} />
                </>
            ) : null}
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
                        <span class="dim">
                            ({percent(Number(best.match.score.toPrecision(2)))} alike,{' '}
                            <a href={`/reports/${best.id}`}>{best.arm} report</a>)
                        </span>
                        {best.match.why ? (
                            <>
                                : <Shown text={best.match.why} />
                            </>
                        ) : null}
                    </p>
                    <Alignment
                        expected={job.expected.frames}
                        observed={best.report.frames}
                        pairs={best.match.aligned}
                    />
                </>
            ) : (
                <p class="dim">
                    The mail has a trace of {plural(job.expected.frames.length, 'frame')}; no report
                    to compare it with.
                </p>
            )}
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
                <Shown text={workload.name} />, {workload.form}: {plural(workload.vcpus, 'vCPU')},{' '}
                {workload.memory_mib} MiB
            </p>
            <Raw text={workload.script} label="One iteration" />
            {workload.changes.length > 0 ? (
                <>
                    <h3>Changed from the mail</h3>
                    <ul class="small">
                        {workload.changes.map((change) => (
                            <li key={change}>
                                <Shown text={change} />
                            </li>
                        ))}
                    </ul>
                </>
            ) : null}
        </section>
    );
}

// What the trees said to a job that chose its own.
function TreesTried({ job }: { job: Job }) {
    if (job.tried.length === 0) return null;
    const answers = job.tried.map(tried_answer);
    return (
        <section aria-labelledby="trees">
            <h2 id="trees">Trees tried</h2>
            <TreeAnswers answers={answers} chosen={job.spec.tree} />
        </section>
    );
}

function Repeat({ job }: { job: Job }) {
    const commands = repeat_commands(job, location.origin, token() ? 'token' : 'open');
    return (
        <section aria-labelledby="repeat">
            <h2 id="repeat">Repeat it</h2>
            <p class="small dim">
                The mail as it was submitted, then the same job again, by the CLI or by the API.
            </p>
            <Command text={commands.save} />
            {commands.cli ? <Command text={commands.cli} /> : null}
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
                    <ArmPanel
                        key={arm}
                        job={job}
                        arm={arm}
                        demand={demand_of(job, arm)}
                        progress={progress}
                    />
                ))}
            </div>
            {trials.length > 0 ? <Legend /> : null}
            <HitsOverTime trials={trials} />
            <Reports reports={reports} trials={trials} />
            <Comparison job={job} reports={reports} />
            <WorkloadSection job={job} />
            <MailSection job={job} observed={best_match(reports)?.report.frames ?? []} />
            <TreesTried job={job} />
            <Exports job={job} />
            <Repeat job={job} />
        </>
    );
}

const k_reload_ms = 400;

// Whether the stored rows are others now, and are to be read again.
function changes_rows(event: JobEvent): boolean {
    if (event.type === 'build') return event.data['step'] === 'done';
    return event.type !== 'heartbeat' && event.type !== 'log';
}

export function JobPage({ id }: { id: number }) {
    const whole = use_resource(`job ${id}`, (signal) => get_whole(id, signal));
    const [progress, set_progress] = useState<Progress>(k_no_progress);
    const timer = useRef(0);
    const done = whole.data?.job.stage === 'done';
    const take = (events: JobEvent[]) => {
        set_progress((old) => events.reduce(advanced, old));
        if (done || timer.current !== 0 || !events.some(changes_rows)) return;
        timer.current = window.setTimeout(() => {
            timer.current = 0;
            whole.reload();
        }, k_reload_ms);
    };
    useEffect(() => () => window.clearTimeout(timer.current), []);
    const live = use_job_events(whole.data !== null ? id : 0, take, () => {
        if (!done) whole.reload();
    });
    use_title(whole.data?.job.title ?? `job ${id}`);
    return (
        <With resource={whole} what={`job ${id}`}>
            {(data) => (
                <>
                    <Head job={data.job} live={done ? 'off' : live} />
                    <Body whole={data} progress={progress} />
                </>
            )}
        </With>
    );
}
