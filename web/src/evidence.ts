// SPDX-License-Identifier: Apache-2.0
// The stopping rule's arithmetic for a job that is still running, so that the page can say how
// much evidence is there of how much is asked for. The verdict itself is the daemon's.

import type { WorkloadForm } from './model';

// Two attempts at one claim, verbatim and then amplified, are each held to half of alpha.
export function alpha_of_attempt(confidence: number, asked: WorkloadForm): number {
    return (1 - confidence) / (asked === 'auto' ? 2 : 1);
}

// k = ceil(ln(1/alpha)): the hits asked of the arm that has the bug.
export function hits_needed(confidence: number): number {
    return Math.max(1, Math.ceil(Math.log(1 / (1 - confidence)) - 1e-9));
}

// (alpha^(-1/k) - 1): the exposure asked of the other arm, as a multiple of that of the hits.
export function exposure_factor(alpha: number, k: number): number {
    return alpha ** (-1 / k) - 1;
}
