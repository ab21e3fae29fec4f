// SPDX-License-Identifier: Apache-2.0
// The list of jobs: what was asked, what came out, on how much evidence.

import { useEffect, useState } from 'preact/hooks';

import type { JobQuery } from '../api';
import { get_jobs, jobs_path } from '../api';
import { exposure, percent } from '../format';
import type { ArmCounts, Job, Verdict } from '../model';
import { Empty, With } from '../parts/states';
import { Ago, Shown } from '../parts/text';
import { Hits, JobBadge, k_stages, k_verdicts } from '../parts/verdict';
import { use_resource } from '../resource';
import { replace_query } from '../router';
import { use_title } from '../title';

const k_poll_ms = 4000;

function query_in_address(): JobQuery {
    const parameters = new URLSearchParams(location.search);
    return {
        text: parameters.get('text') ?? '',
        verdict: parameters.get('verdict') ?? '',
        stage: parameters.get('stage') ?? '',
        before: Number(parameters.get('before')) || 0,
    };
}

function put_in_address(query: JobQuery): void {
    replace_query(new URLSearchParams(jobs_path(query).split('?')[1] ?? ''));
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
                <select value={query.verdict} onChange={(event) => set({ verdict: event.currentTarget.value })}>
                    <option value="">any</option>
                    {Object.entries(k_verdicts).map(([kind, look]) => (
                        <option key={kind} value={kind}>{look.word}</option>
                    ))}
                </select>
            </label>
            <label>
                <span>Stage</span>
                <select value={query.stage} onChange={(event) => set({ stage: event.currentTarget.value })}>
                    <option value="">any</option>
                    {Object.entries(k_stages).map(([stage, word]) => (
                        <option key={stage} value={stage}>{word}</option>
                    ))}
                </select>
            </label>
        </form>
    );
}

function Arm({ counts, verdict, name }: { counts: ArmCounts; verdict: Verdict; name: string }) {
    return (
        <span class="arm-counts">
            <span class="arm-name">{name}</span>
            <span><Hits hits={counts.hits} trials={counts.trials - counts.void} /> hits</span>
            <span class="dim">{exposure(counts.exposure, verdict.unit)}</span>
        </span>
    );
}

function Row({ job }: { job: Job }) {
    const { verdict } = job;
    return (
        <li class="job">
            <div class="job-verdict"><JobBadge job={job} /></div>
            <div class="job-what">
                <a class="job-title" href={`/jobs/${job.id}`}>
                    {job.title ? <Shown text={job.title} /> : `job ${job.id}`}
                </a>
                <div class="dim small">
                    #{job.id} · <Shown text={job.spec.tree} /> · <Shown text={job.spec.profile} /> ·{' '}
                    {job.spec.workload} · {percent(job.spec.confidence)}
                    {job.mail.author ? <> · <Shown text={job.mail.author.replace(/\s*<[^>]*>$/, '')} /></> : null}
                </div>
            </div>
            <div class="job-arms small">
                {verdict && verdict.kind !== 'error' ? (
                    <>
                        <Arm counts={verdict.unpatched} verdict={verdict} name="unpatched" />
                        <Arm counts={verdict.patched} verdict={verdict} name="patched" />
                    </>
                ) : job.problem ? (
                    <span class="dim"><Shown text={job.problem.what} /></span>
                ) : null}
            </div>
            <div class="job-time dim small"><Ago at={job.created_at} /></div>
        </li>
    );
}

function Nothing({ query }: { query: JobQuery }) {
    if (query.text || query.verdict || query.stage)
        return <Empty><p>No job fits these filters.</p></Empty>;
    return (
        <Empty>
            <h2>No jobs yet</h2>
            <p>
                Give krepro a patch with its reproducer: it builds the kernel without and with it,
                boots both, and says whether the bug is gone, with the evidence.
            </p>
            <p><a class="button" href="/submit">Submit the first mail</a></p>
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
    const [query, set_query] = useState(query_in_address);
    const asked = use_debounced(query, 200);
    const path = jobs_path(asked);
    const jobs = use_resource(path, (signal) => get_jobs(asked, signal), k_poll_ms);
    const change = (next: JobQuery) => {
        set_query(next);
        put_in_address(next);
    };
    return (
        <>
            <header class="page-head">
                <h1 tabIndex={-1}>Jobs</h1>
                <span class="links"><a href={path}>JSON</a></span>
            </header>
            <Filters query={query} change={change} />
            <With resource={jobs} what="jobs">
                {(list) => list.length === 0 ? <Nothing query={asked} /> : (
                    <>
                        <ul class="jobs">{list.map((job) => <Row key={job.id} job={job} />)}</ul>
                        {list.length >= 50 ? (
                            <p>
                                <button
                                    type="button"
                                    onClick={() => change({ ...query, before: list.at(-1)?.id ?? 0 })}
                                >
                                    Older jobs
                                </button>
                            </p>
                        ) : null}
                    </>
                )}
            </With>
        </>
    );
}
