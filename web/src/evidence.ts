// SPDX-License-Identifier: Apache-2.0
// The stopping rule's arithmetic for a job that is still running, so that the page can say how
// much evidence is there of how much is asked for. The verdict itself is the daemon's.

import type { ArmName, Trial } from './model';

export interface ArmEvidence {
    trials: number;
    hits: number;
    clean: number;
    other: number;
    void: number;
    running: number;
    exposure: number;
}

export function evidence_of(trials: Trial[], arm: ArmName): ArmEvidence {
    const sum: ArmEvidence = {
        trials: 0, hits: 0, clean: 0, other: 0, void: 0, running: 0, exposure: 0,
    };
    for (const trial of trials) {
        if (trial.arm !== arm) continue;
        ++sum.trials;
        if (!trial.outcome) {
            ++sum.running;
            continue;
        }
        const { kind, exposure } = trial.outcome;
        if (kind === 'void') ++sum.void;
        else sum.exposure += exposure;
        if (kind === 'hit') ++sum.hits;
        if (kind === 'clean') ++sum.clean;
        if (kind === 'other') ++sum.other;
    }
    return sum;
}

// k = ceil(ln(1/alpha)): the hits asked of the arm that has the bug.
export function hits_needed(confidence: number): number {
    return Math.max(1, Math.ceil(Math.log(1 / (1 - confidence)) - 1e-9));
}

// (alpha^(-1/k) - 1) * E: the exposure asked of the other arm, after k hits in exposure E.
export function exposure_needed(confidence: number, k: number, exposure_of_hits: number): number {
    return ((1 - confidence) ** (-1 / k) - 1) * exposure_of_hits;
}

// The test's p: were both rates equal, the chance that E_clean holds no hit.
export function p_value(k: number, exposure_of_hits: number, exposure_clean: number): number {
    return (exposure_of_hits / (exposure_of_hits + exposure_clean)) ** k;
}
