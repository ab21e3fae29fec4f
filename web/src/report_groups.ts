// SPDX-License-Identifier: Apache-2.0
// The same bug is seen in many trials: one entry for each bug and arm.

import type { ArmName, StoredReport } from './model';

export interface ReportGroup {
    title: string;
    arm: ArmName;
    target: boolean;
    matches_expected: boolean;
    reports: StoredReport[]; // in the order they came
}

// Targets first, then in the order they were first seen.
export function group_reports(reports: StoredReport[]): ReportGroup[] {
    const groups = new Map<string, ReportGroup>();
    for (const stored of reports) {
        const { title, signature } = stored.report;
        const { arm, target, matches_expected } = stored;
        const key = JSON.stringify([signature, title, arm, target, matches_expected]);
        const group = groups.get(key);
        if (group) group.reports.push(stored);
        else groups.set(key, { title, arm, target, matches_expected, reports: [stored] });
    }
    const found = [...groups.values()];
    return [...found.filter((group) => group.target), ...found.filter((group) => !group.target)];
}
