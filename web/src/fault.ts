// SPDX-License-Identifier: Apache-2.0
import type { Problem, Submission } from './api';

export type FieldName = keyof Submission;

// What the daemon calls the fields of the form.
const k_fields: Record<string, FieldName> = {
    tree: 'tree',
    commit: 'commit',
    profile: 'profile',
    workload: 'workload',
    confidence: 'confidence',
    wall_s: 'minutes',
    trials: 'trials',
    warm_start: 'warm_start',
};

// The field of the form that a problem is about; the mail when it names none of the others.
export function field_of(problem: Problem): FieldName {
    const names = problem.where.toLowerCase().split(/[^a-z_]+/);
    const known = names.find((name) => Object.hasOwn(k_fields, name));
    return known === undefined ? 'mail' : (k_fields[known] ?? 'mail');
}
