// SPDX-License-Identifier: Apache-2.0
// Two short scripts compared line by line.

export interface DiffRow {
    sign: ' ' | '-' | '+';
    text: string;
}

// By the longest common subsequence; for scripts of some hundred lines.
export function line_diff(before: string, after: string): DiffRow[] {
    const a = before.replace(/\n+$/, '').split('\n');
    const b = after.replace(/\n+$/, '').split('\n');
    const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
    for (let i = a.length - 1; i >= 0; --i)
        for (let j = b.length - 1; j >= 0; --j)
            (common[i] as Uint16Array)[j] =
                a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    const rows: DiffRow[] = [];
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
        if (i < a.length && j < b.length && a[i] === b[j]) {
            rows.push({ sign: ' ', text: a[i++] ?? '' });
            ++j;
        } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
            rows.push({ sign: '-', text: a[i++] ?? '' });
        else rows.push({ sign: '+', text: b[j++] ?? '' });
    }
    return rows;
}
