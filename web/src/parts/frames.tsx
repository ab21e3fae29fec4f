// SPDX-License-Identifier: Apache-2.0
// Call traces.

import type { AlignedRow } from '../align';
import { align, is_noise } from '../align';
import { hex } from '../format';
import type { Frame } from '../model';
import { Shown } from './text';

export function FrameText({ frame }: { frame: Frame }) {
    return (
        <>
            {frame.certain ? null : (
                <span class="unsure" title="found on the stack, not on the chain">
                    ?{' '}
                </span>
            )}
            <span class="fn">
                <Shown text={frame.function} />
            </span>
            {frame.size > 0 ? (
                <span class="off">
                    +{hex(frame.offset)}/{hex(frame.size)}
                </span>
            ) : null}
            {frame.module ? (
                <span class="off">
                    {' '}
                    [<Shown text={frame.module} />]
                </span>
            ) : null}
            {frame.file ? (
                <span class="src">
                    {' '}
                    <Shown
                        text={frame.line === null ? frame.file : `${frame.file}:${frame.line}`}
                    />
                </span>
            ) : null}
        </>
    );
}

// The lines around the frame's own; closed unless the frame is one to look at.
function Source({ frame, open }: { frame: Frame; open: boolean }) {
    const { source, line } = frame;
    if (!source) return null;
    return (
        <details class="source" open={open}>
            <summary>source</summary>
            <pre>
                {source.lines.map((text, i) => (
                    <span
                        key={i}
                        class={source.first_line + i === line ? 'line here' : 'line'}
                        data-no={source.first_line + i}
                    >
                        <Shown text={text} />
                        {'\n'}
                    </span>
                ))}
            </pre>
        </details>
    );
}

function Inlines({ frame }: { frame: Frame }) {
    return (
        <>
            {frame.inlines.map((call, i) => (
                <div key={i} class="inlined">
                    <span class="fn">
                        <Shown text={call.function} />
                    </span>{' '}
                    <span class="src">
                        <Shown text={`${call.file}:${call.line}`} />
                    </span>{' '}
                    <span class="off">inlined</span>
                </div>
            ))}
        </>
    );
}

// `named`: its lines can be linked to, as "NAME-0" and on.
export function Trace({
    frames,
    culprit,
    named = '',
}: {
    frames: Frame[];
    culprit: string;
    named?: string;
}) {
    if (frames.length === 0) return <p class="note">No frame of the trace could be read.</p>;
    const looked_at = frames.findIndex((frame) => frame.certain && frame.function === culprit);
    return (
        <ol class="trace">
            {frames.map((frame, i) => (
                <>
                    {frame.stack !== (frames[i - 1]?.stack ?? '') ? (
                        <li class="stack">{frame.stack ? `<${frame.stack}>` : 'below'}</li>
                    ) : null}
                    <li
                        key={i}
                        id={named ? `${named}-${i}` : undefined}
                        class={`${frame.certain ? '' : 'uncertain'} ${
                            i === looked_at ? 'culprit' : ''
                        }`}
                    >
                        <Inlines frame={frame} />
                        <FrameText frame={frame} />
                        {i === looked_at ? <span class="tag">look here first</span> : null}
                        {frame.patched ? <span class="tag acts">the patch acts here</span> : null}
                        <Source frame={frame} open={frame.patched || i === looked_at} />
                    </li>
                </>
            ))}
        </ol>
    );
}

const k_relation: Record<AlignedRow['relation'], string> = {
    same: '=',
    equal: '=',
    only_expected: '−',
    only_observed: '+',
};
const k_relation_words: Record<AlignedRow['relation'], string> = {
    same: 'stand for each other',
    equal: 'same function, left out of the comparison',
    only_expected: 'only in the mail',
    only_observed: 'only on the console',
};

// The mail's trace and the console's, frame by frame.
export function Alignment({
    expected,
    observed,
    pairs,
}: {
    expected: Frame[];
    observed: Frame[];
    pairs: number[][];
}) {
    const rows = align(expected, observed, pairs);
    const shown = rows.filter((row) => !is_noise(row));
    const hidden = rows.length - shown.length;
    return (
        <>
            <div class="scroll" tabIndex={0} role="region" aria-label="Expected and observed trace">
                <table class="alignment">
                    <thead>
                        <tr>
                            <th>expected: the mail</th>
                            <th>
                                <span class="sr">relation</span>
                            </th>
                            <th>observed: the console</th>
                        </tr>
                    </thead>
                    <tbody>
                        {shown.map((row, i) => (
                            <tr key={i} class={row.relation}>
                                <td>{row.expected ? <FrameText frame={row.expected} /> : null}</td>
                                <td class="rel" title={k_relation_words[row.relation]}>
                                    {k_relation[row.relation]}
                                </td>
                                <td>{row.observed ? <FrameText frame={row.observed} /> : null}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            {hidden > 0 ? (
                <p class="note">
                    {hidden} uncertain “?” {hidden === 1 ? 'frame' : 'frames'} of the console not
                    shown.
                </p>
            ) : null}
        </>
    );
}
