// SPDX-License-Identifier: Apache-2.0
// Hits of the same unpatched kernel that earlier jobs had, and that a job with a warm start counts.

import type { Verdict } from './model';
import { plural } from './format';

type Earlier = NonNullable<Verdict['earlier']>;

// Null when the verdict rests on its own trials alone.
export function earlier_of(verdict: Verdict): Earlier | null {
    return verdict.earlier && verdict.earlier.hits > 0 ? verdict.earlier : null;
}

export function earlier_jobs(earlier: Earlier): string {
    if (earlier.jobs.length > 4) return plural(earlier.jobs.length, 'earlier job');
    const ids = earlier.jobs.map((id) => `#${id}`).join(', ');
    return earlier.jobs.length === 1 ? `job ${ids}` : `jobs ${ids}`;
}
