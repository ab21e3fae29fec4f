// SPDX-License-Identifier: Apache-2.0
// What the list of jobs does not carry: the evidence of each arm, taken from the jobs' own
// documents, a few at a time, and kept as long as a job does not change.

import { useEffect, useState } from 'preact/hooks';

import { get_job } from './api';
import type { ArmCounts, ExposureUnit, Job, JobSummary } from './model';

export interface RowDetails {
    unpatched: ArmCounts;
    patched: ArmCounts;
    unit: ExposureUnit;
    form: string;
    author: string; // without the address
    problem: string; // empty when there is none
}

interface Kept {
    updated_at: string;
    details: RowDetails;
}

const k_at_once = 4;
const k_keep = 500;
const kept = new Map<number, Kept>();

export function details_of(job: Job): RowDetails {
    const { verdict } = job;
    return {
        unpatched: verdict?.unpatched ?? job.arms.unpatched.counts,
        patched: verdict?.patched ?? job.arms.patched.counts,
        unit: verdict?.unit ?? job.workload?.unit ?? 'guest_seconds',
        form: job.workload?.form ?? job.spec.workload,
        author: job.mail.author.replace(/\s*<[^>]*>\s*$/, ''),
        problem: job.problem?.what ?? '',
    };
}

function keep(job: Job): void {
    kept.delete(job.id);
    kept.set(job.id, { updated_at: job.updated_at, details: details_of(job) });
    for (const oldest of kept.keys()) {
        if (kept.size <= k_keep) break;
        kept.delete(oldest);
    }
}

// A job that runs gathers evidence without its own row changing.
function is_current(job: JobSummary): boolean {
    return job.stage !== 'running' && kept.get(job.id)?.updated_at === job.updated_at;
}

async function load_all(ids: number[], signal: AbortSignal, loaded: () => void): Promise<void> {
    const one_after_another = async () => {
        for (let id = ids.shift(); id !== undefined && !signal.aborted; id = ids.shift()) {
            try {
                keep(await get_job(id, signal));
                loaded();
            } catch {
                return; // the list itself says when the daemon is away
            }
        }
    };
    await Promise.all(Array.from({ length: k_at_once }, one_after_another));
}

export function use_row_details(jobs: JobSummary[]): Map<number, RowDetails> {
    const [, set_round] = useState(0);
    useEffect(() => {
        const abort = new AbortController();
        const missing = jobs.filter((job) => !is_current(job)).map((job) => job.id);
        void load_all(missing, abort.signal, () => set_round((n) => n + 1));
        return () => abort.abort();
    }, [jobs]);
    const found = new Map<number, RowDetails>();
    for (const job of jobs) {
        const details = kept.get(job.id)?.details;
        if (details) found.set(job.id, details);
    }
    return found;
}
