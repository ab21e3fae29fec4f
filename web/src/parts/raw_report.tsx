// SPDX-License-Identifier: Apache-2.0
// A report as it was printed; each line leads to the field that was read from it.

import { useMemo } from 'preact/hooks';

import type { StoredReport } from '../model';
import { fields_of_lines } from '../raw_lines';
import { Shown } from './text';

function console_link(stored: StoredReport): string {
    const { first_line, end_line } = stored.report;
    return `/trials/${stored.trial}/console#L${first_line}-L${Math.max(first_line, end_line - 1)}`;
}

// A field inside of a closed box cannot be gone to.
function open_box_of(id: string): void {
    const box = document.getElementById(id)?.querySelector('details');
    if (box) box.open = true;
}

// Line numbers only where the text is the console's lines one by one, nothing left out between.
export function RawReport({ stored }: { stored: StoredReport }) {
    const { report } = stored;
    const fields = useMemo(() => fields_of_lines(report), [report]);
    const lines = report.text.replace(/\n$/, '').split('\n');
    const numbered = lines.length === report.end_line - report.first_line;
    return (
        <section class="raw-side">
            <h2>
                As printed{' '}
                <a class="small" href={console_link(stored)}>
                    console line {report.first_line}
                </a>
            </h2>
            <p class="small dim">A line leads to what was read from it.</p>
            <pre
                class={`raw ${numbered ? 'numbered' : ''}`}
                tabIndex={0}
                role="region"
                aria-label="Raw text"
            >
                {lines.map((line, i) => (
                    <Line
                        key={i}
                        text={line}
                        number={report.first_line + i}
                        id={`raw-${i}`}
                        field={fields[i] ?? null}
                    />
                ))}
            </pre>
        </section>
    );
}

function Line({
    text,
    number,
    id,
    field,
}: {
    text: string;
    number: number;
    id: string;
    field: string | null;
}) {
    const shown = <Shown text={text} />;
    if (field === null)
        return (
            <span class="line" id={id} data-no={number}>
                {shown}
            </span>
        );
    return (
        <a
            class="line linked"
            id={id}
            data-no={number}
            href={`#${field}`}
            tabIndex={-1}
            onClick={() => open_box_of(field)}
        >
            {shown}
        </a>
    );
}
