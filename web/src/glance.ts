// SPDX-License-Identifier: Apache-2.0
// What can be seen in a mail at a glance, before the daemon has read it: a help against pasting
// the wrong thing, no more.

export interface Glance {
    bytes: number;
    files: string[]; // that the diff changes
    has_trace: boolean;
    reproducer: string; // the loop's first line; empty when no loop is seen
}

const k_looked_at = 2 << 20;

export function glance(mail: string): Glance {
    const text = mail.slice(0, k_looked_at);
    const files = new Set<string>();
    for (const found of text.matchAll(/^\+\+\+ (?:b\/)?([^\t\n\r]+)/gm))
        if (found[1] && found[1] !== '/dev/null') files.add(found[1]);
    return {
        bytes: new TextEncoder().encode(mail).length,
        files: [...files],
        has_trace: /^[ \t>]*Call Trace:|^[ \t>?]*[\w.]+\+0x[0-9a-f]+\/0x[0-9a-f]+/m.test(text),
        reproducer: reproducer_in(text),
    };
}

function reproducer_in(text: string): string {
    const lines = text.split('\n').map((line) => line.trim());
    const at = lines.findIndex((line) => /^while\b.*;\s*do\b/.test(line));
    if (at < 0) return '';
    const body = lines[at + 1] ?? '';
    return body.replace(/\s*\\$/, ' …');
}
