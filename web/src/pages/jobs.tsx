// SPDX-License-Identifier: Apache-2.0
// The list of jobs: what was asked, what came out, on how much evidence.

import { useEffect, useState } from 'preact/hooks';

import type { JobQuery } from '../api';
import { get_jobs, jobs_query, k_api } from '../api';
import { duration, exposure, percent, seconds_between } from '../format';
import type { ArmCounts, ExposureUnit, JobSummary } from '../model';
import { Empty, LiveSign, With } from '../parts/states';
import { Ago, Shown } from '../parts/text';
import { Hits, JobBadge, k_stages, k_verdicts } from '../parts/verdict';
import { TwinLinks } from '../parts/twins';
import { use_news } from '../live';
import { use_resource } from '../resource';
import { go, on_moved, replace_query } from '../router';
import type { RowEvidence } from '../row_evidence';
import { use_row_evidence } from '../row_evidence';
import { use_title } from '../title';

// While there is no news to be had, and while there is: then only for what no event tells.
const k_poll_ms = 4000;
const k_poll_live_ms = 60000;

function query_in_address(): JobQuery {
    const parameters = new URLSearchParams(location.search);
    return {
        text: parameters.get('q') ?? '',
        verdict: parameters.get('verdict') ?? '',
        stage: parameters.get('stage') ?? '',
        before: Number(parameters.get('before')) || 0,
    };
}

// The filters are what the address says: a link to the list, and going back, change both.
function use_query(): [JobQuery, (query: JobQuery) => void] {
    const [query, set_query] = useState(query_in_address);
    useEffect(() => on_moved(() => set_query(query_in_address())), []);
    const change = (next: JobQuery) => {
        set_query(next);
        replace_query(jobs_query(next));
    };
    return [query, change];
}

// To another part of the list: going back leads back to this one.
function go_before(query: JobQuery, before: number): void {
    go(`/${jobs_query({ ...query, before })}`);
}

function Filters({ query, change }: { query: JobQuery; change: (query: JobQuery) => void }) {
    const set = (part: Partial<JobQuery>) => change({ ...query, ...part, before: 0 });
    return (
        <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
            <label>
                <span>Title</span>
                <input
                    type="search"
                    name="text"
                    value={query.text}
                    placeholder="part of a title"
                    onInput={(event) => set({ text: event.currentTarget.value })}
                />
            </label>
            <label>
                <span>Verdict</span>
                <select
                    value={query.verdict}
                    onChange={(event) => set({ verdict: event.currentTarget.value })}
                >
                    <option value="">any</option>
                    {Object.entries(k_verdicts).map(([kind, look]) => (
                        <option key={kind} value={kind}>
                            {look.word}
                        </option>
                    ))}
                </select>
            </label>
            <label>
                <span>Stage</span>
                <select
                    value={query.stage}
                    onChange={(event) => set({ stage: event.currentTarget.value })}
                >
                    <option value="">any</option>
                    {Object.entries(k_stages).map(([stage, word]) => (
                        <option key={stage} value={stage}>
                            {word}
                        </option>
                    ))}
                </select>
            </label>
        </form>
    );
}

function ArmLine({ name, counts, unit }: { name: string; counts: ArmCounts; unit: ExposureUnit }) {
    return (
        <span class="arm-counts">
            <span class="arm-name">{name}</span>
            <span>
                <Hits hits={counts.hits} trials={counts.hits + counts.clean + counts.other} /> hits
            </span>
            <span class="dim">{exposure(counts.exposure, unit)}</span>
        </span>
    );
}

function Evidence({ job, evidence }: { job: JobSummary; evidence: RowEvidence | null }) {
    if (job.problem)
        return (
            <span class="dim">
                <Shown text={job.problem.what} />
            </span>
        );
    if (!evidence) return null;
    const { unpatched, patched, unit } = evidence;
    const judged = (counts: ArmCounts) => counts.hits + counts.clean + counts.other;
    if (judged(unpatched) + judged(patched) === 0) return null;
    return (
        <>
            <ArmLine name="unpatched" counts={unpatched} unit={unit} />
            <ArmLine name="patched" counts={patched} unit={unit} />
        </>
    );
}

function Row({ job, evidence }: { job: JobSummary; evidence: RowEvidence | null }) {
    const author = job.mail.author.replace(/\s*<[^>]*>\s*$/, '');
    return (
        <li class="job">
            <div class="job-verdict">
                <JobBadge
                    stage={job.stage}
                    verdict={job.verdict?.kind ?? null}
                    cancelled={job.cancel_requested}
                />
            </div>
            <div class="job-what">
                <a class="job-title" href={`/jobs/${job.id}`}>
                    {job.title ? <Shown text={job.title} /> : `job ${job.id}`}
                </a>
                <div class="dim small">
                    #{job.id} · <Shown text={job.spec.tree} /> · <Shown text={job.spec.profile} /> ·{' '}
                    {job.verdict?.form ?? job.spec.workload} · {percent(job.spec.confidence)}
                    {author ? (
                        <>
                            {' '}
                            · <Shown text={author} />
                        </>
                    ) : null}
                </div>
            </div>
            <div class="job-arms small">
                <Evidence job={job} evidence={evidence} />
            </div>
            <div class="job-time dim small">
                <Ago at={job.created_at} />
                {job.stage === 'done' ? (
                    <span title="from its submission to its end">
                        took {duration(seconds_between(job.created_at, job.updated_at))}
                    </span>
                ) : null}
            </div>
        </li>
    );
}

function List({ jobs }: { jobs: JobSummary[] }) {
    const evidence = use_row_evidence(jobs);
    return (
        <ul class="jobs">
            {jobs.map((job) => (
                <Row key={job.id} job={job} evidence={evidence.get(job.id) ?? null} />
            ))}
        </ul>
    );
}

function Nothing({ query }: { query: JobQuery }) {
    if (query.text || query.verdict || query.stage)
        return (
            <Empty>
                <p>No job fits these filters.</p>
            </Empty>
        );
    return (
        <Empty>
            <h2>No jobs yet</h2>
            <p>
                Give krepro a patch with its reproducer: it builds the kernel without and with it,
                boots both, and says whether the bug is gone, with the evidence.
            </p>
            <p>
                <a class="button" href="/submit">
                    Submit the first mail
                </a>
            </p>
        </Empty>
    );
}

function use_debounced<T>(value: T, wait_ms: number): T {
    const [settled, set_settled] = useState(value);
    useEffect(() => {
        const timer = window.setTimeout(() => set_settled(value), wait_ms);
        return () => window.clearTimeout(timer);
    }, [value, wait_ms]);
    return settled;
}

export function JobsPage() {
    use_title('');
    const [query, change] = use_query();
    const asked = use_debounced(query, 200);
    const path = `${k_api}/jobs${jobs_query(asked)}`;
    const live = use_news(() => listing.reload());
    const listing = use_resource(
        path,
        (signal) => get_jobs(asked, signal),
        live === 'live' ? k_poll_live_ms : k_poll_ms,
    );
    return (
        <>
            <header class="page-head">
                <h1 tabIndex={-1}>Jobs</h1>
                <span class="links">
                    <LiveSign state={live} />
                    <TwinLinks page="/jobs" query={jobs_query(asked)} />
                </span>
            </header>
            <Filters query={query} change={change} />
            <With resource={listing} what="jobs">
                {({ jobs, next }) => (
                    <>
                        {jobs.length === 0 ? <Nothing query={asked} /> : <List jobs={jobs} />}
                        <p class="row">
                            {asked.before > 0 ? (
                                <button type="button" onClick={() => go_before(query, 0)}>
                                    Newest jobs
                                </button>
                            ) : null}
                            {next !== null ? (
                                <button
                                    type="button"
                                    onClick={() => go_before(query, jobs.at(-1)?.id ?? 0)}
                                >
                                    Older jobs
                                </button>
                            ) : null}
                        </p>
                    </>
                )}
            </With>
        </>
    );
}
