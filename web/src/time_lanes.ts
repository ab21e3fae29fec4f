// SPDX-License-Identifier: Apache-2.0
// When each trial ran and what it came to, on one line of time for both arms.

import type { ArmName, Trial } from './model';

export interface Span {
    trial: Trial;
    from: number; // shares of the whole, 0..1
    to: number;
    hits: number; // of the arm, up to and with this trial
}

export interface Lanes {
    seconds: number; // of the whole
    arms: { arm: ArmName; spans: Span[] }[];
}

function spans_of(trials: Trial[], arm: ArmName, began: number, ms: number, now: number): Span[] {
    let hits = 0;
    return trials
        .filter((trial) => trial.arm === arm)
        .map((trial) => {
            if (trial.outcome?.kind === 'hit') ++hits;
            const from = (Date.parse(trial.started_at) - began) / ms;
            const to = ((trial.ended_at ? Date.parse(trial.ended_at) : now) - began) / ms;
            return { trial, from: Math.max(0, from), to: Math.min(1, to), hits };
        });
}

// Null when no trial has begun. A trial without an end runs until `now`.
export function time_lanes(trials: Trial[], now: number): Lanes | null {
    const starts = trials.map((trial) => Date.parse(trial.started_at));
    const ends = trials.map((trial) => (trial.ended_at ? Date.parse(trial.ended_at) : now));
    const began = Math.min(...starts);
    const ms = Math.max(...ends) - began;
    if (!Number.isFinite(ms) || ms <= 0) return null;
    const arms = (['unpatched', 'patched'] as const).map((arm) => ({
        arm,
        spans: spans_of(trials, arm, began, ms, now),
    }));
    return { seconds: ms / 1000, arms };
}
