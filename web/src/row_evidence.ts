// SPDX-License-Identifier: Apache-2.0
// The evidence of each arm, for the list of jobs: in the verdict where there is one; of a job that
// runs it is taken from the job's own document, a few at a time.

import { useEffect, useState } from 'preact/hooks';

import { get_job } from './api';
import type { ArmCounts, ExposureUnit, Job, JobSummary } from './model';

export interface RowEvidence {
    unpatched: ArmCounts;
    patched: ArmCounts;
    unit: ExposureUnit;
}

const k_at_once = 4;

function evidence_of(job: Job): RowEvidence {
    return {
        unpatched: job.arms.unpatched.counts,
        patched: job.arms.patched.counts,
        unit: job.workload?.unit ?? 'guest_seconds',
    };
}

async function load_all(
    ids: number[],
    signal: AbortSignal,
    loaded: (job: Job) => void,
): Promise<void> {
    const waiting = [...ids];
    const one_after_another = async () => {
        for (let id = waiting.shift(); id !== undefined && !signal.aborted; id = waiting.shift()) {
            try {
                loaded(await get_job(id, signal));
            } catch {
                return; // the list itself says when the daemon is away
            }
        }
    };
    await Promise.all(Array.from({ length: k_at_once }, one_after_another));
}

// By the job's id. What was known of a running job stays while it is read again.
export function use_row_evidence(jobs: JobSummary[]): Map<number, RowEvidence> {
    const [running, set_running] = useState(new Map<number, RowEvidence>());
    useEffect(() => {
        const abort = new AbortController();
        const ids = jobs.filter((job) => job.stage === 'running').map((job) => job.id);
        void load_all(ids, abort.signal, (job) =>
            set_running((old) => new Map(old).set(job.id, evidence_of(job))),
        );
        return () => abort.abort();
    }, [jobs]);
    const found = new Map<number, RowEvidence>();
    for (const { id, stage, verdict } of jobs) {
        const evidence = verdict ?? (stage === 'running' ? running.get(id) : undefined);
        if (evidence) found.set(id, evidence);
    }
    return found;
}
