// SPDX-License-Identifier: Apache-2.0
import type { Problem, Submission } from './api';

export type FieldName = keyof Submission;

const k_fields: FieldName[] = ['tree', 'profile', 'workload', 'confidence'];

// The field of the form that a problem is about; the mail when it names none of the others.
export function field_of(problem: Problem): FieldName {
    const where = problem.where.toLowerCase().split(/[^a-z]+/);
    return k_fields.find((name) => where.includes(name)) ?? 'mail';
}
