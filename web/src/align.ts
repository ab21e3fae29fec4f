// SPDX-License-Identifier: Apache-2.0
// Two call traces side by side: the daemon says which frames stand for each other, here they
// become rows.

import type { Frame } from './model';

export interface AlignedRow {
    expected: Frame | null;
    observed: Frame | null;
    // `same`: the daemon paired them; `equal`: unpaired, but the same function on both sides
    // (detector frames, which the comparison leaves out).
    relation: 'same' | 'equal' | 'only_expected' | 'only_observed';
}

// Rows in order; pairs that run backwards or point nowhere are ignored.
export function align(expected: Frame[], observed: Frame[], pairs: number[][]): AlignedRow[] {
    const rows: AlignedRow[] = [];
    let e = 0;
    let o = 0;
    for (const [pair_e, pair_o] of pairs) {
        if (pair_e === undefined || pair_o === undefined) continue;
        const left = expected[pair_e];
        const right = observed[pair_o];
        if (!left || !right || pair_e < e || pair_o < o) continue;
        rows.push(...between(expected.slice(e, pair_e), observed.slice(o, pair_o)));
        rows.push({ expected: left, observed: right, relation: 'same' });
        e = pair_e + 1;
        o = pair_o + 1;
    }
    rows.push(...between(expected.slice(e), observed.slice(o)));
    return rows;
}

// Frames without a partner between two pairs: equal names meet, the rest stand alone.
function between(expected: Frame[], observed: Frame[]): AlignedRow[] {
    const rows: AlignedRow[] = [];
    let o = 0;
    for (const left of expected) {
        const meets = observed.findIndex((f, i) => i >= o && f.function === left.function);
        if (meets < 0) {
            rows.push({ expected: left, observed: null, relation: 'only_expected' });
            continue;
        }
        rows.push(...observed.slice(o, meets).map(alone));
        rows.push({ expected: left, observed: observed[meets] ?? null, relation: 'equal' });
        o = meets + 1;
    }
    rows.push(...observed.slice(o).map(alone));
    return rows;
}

function alone(frame: Frame): AlignedRow {
    return { expected: null, observed: frame, relation: 'only_observed' };
}

// "? symbol" frames that only one side has: found on the stack, not on the chain.
export function is_noise(row: AlignedRow): boolean {
    return row.expected === null && row.observed !== null && !row.observed.certain;
}
