// SPDX-License-Identifier: Apache-2.0
// How long a job may take, by the jobs of this machine that were like it.

import type { JobSummary, WorkloadForm } from './model';

export interface Estimate {
    jobs: number; // that it rests on
    least_s: number; // of all trials together
    most_s: number;
}

// Null when no job like this one has come to a verdict.
export function estimate(
    jobs: JobSummary[],
    tree: string,
    workload: WorkloadForm,
): Estimate | null {
    const seconds = jobs.flatMap(({ spec, verdict }) =>
        verdict && verdict.kind !== 'error' && spec.tree === tree && spec.workload === workload
            ? [verdict.unpatched.wall_s + verdict.patched.wall_s]
            : [],
    );
    if (seconds.length === 0) return null;
    return {
        jobs: seconds.length,
        least_s: Math.min(...seconds),
        most_s: Math.max(...seconds),
    };
}
