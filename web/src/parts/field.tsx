// SPDX-License-Identifier: Apache-2.0
// A field of a form, with what the daemon found wrong with it.

import type { ComponentChildren } from 'preact';

import type { Problem } from '../api';
import type { FieldName } from '../fault';
import { Shown } from './text';

function Fault({ problem, id }: { problem: Problem | null; id: string }) {
    if (!problem) return null;
    return (
        <p class="fault" id={id} role="alert">
            <Shown text={problem.detail || problem.title} />
            {problem.hint ? (
                <>
                    {' '}
                    <Shown text={problem.hint} />
                </>
            ) : null}
        </p>
    );
}

export function Field({
    label,
    name,
    problem,
    children,
}: {
    label: string;
    name: FieldName;
    problem: Problem | null;
    children: ComponentChildren;
}) {
    return (
        <div class={`field ${problem ? 'wrong' : ''}`}>
            <label for={name}>{label}</label>
            {children}
            <Fault problem={problem} id={`${name}-fault`} />
        </div>
    );
}
