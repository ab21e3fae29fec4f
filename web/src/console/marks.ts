// SPDX-License-Identifier: Apache-2.0
// Where the reports stand in a console.

import type { StoredReport } from '../model';

export interface Mark {
    first: number; // line
    last: number;
    report: number;
    title: string;
    target: boolean;
    uptime: number | null; // guest seconds
}

export function marks_of(reports: StoredReport[], trial: number): Mark[] {
    return reports
        .filter((stored) => stored.trial === trial && stored.report.first_line > 0)
        .map((stored) => ({
            first: stored.report.first_line,
            last: Math.max(stored.report.first_line, stored.report.end_line - 1),
            report: stored.id,
            title: stored.report.title,
            target: stored.target,
            uptime: stored.report.uptime_s,
        }))
        .sort((a, b) => a.first - b.first);
}

export function mark_at(marks: Mark[], line: number): Mark | null {
    return marks.find((mark) => line >= mark.first && line <= mark.last) ?? null;
}

// The entry after or before `line` in ascending `lines`, going round at the ends; 0 when empty.
export function neighbour(lines: number[], line: number, direction: 1 | -1): number {
    if (lines.length === 0) return 0;
    if (direction === 1) return lines.find((candidate) => candidate > line) ?? lines[0] ?? 0;
    return lines.findLast((candidate) => candidate < line) ?? lines.at(-1) ?? 0;
}
