// SPDX-License-Identifier: Apache-2.0
// The lines that a permalink names: "#L120" or "#L120-L140".

export interface Selection {
    first: number;
    last: number;
}

export function parse_selection(hash: string): Selection | null {
    const found = /^#L([1-9]\d{0,11})(?:-L([1-9]\d{0,11}))?$/.exec(hash);
    if (!found) return null;
    const a = Number(found[1]);
    const b = found[2] === undefined ? a : Number(found[2]);
    return { first: Math.min(a, b), last: Math.max(a, b) };
}

export function selection_hash(selection: Selection): string {
    const { first, last } = selection;
    return first === last ? `#L${first}` : `#L${first}-L${last}`;
}

// Shift-click: from the selection's first line to the clicked one.
export function extended(selection: Selection | null, line: number): Selection {
    if (!selection) return { first: line, last: line };
    return { first: Math.min(selection.first, line), last: Math.max(selection.first, line) };
}
