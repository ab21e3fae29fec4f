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

export function Trace({ frames, culprit }: { frames: Frame[]; culprit: string }) {
    if (frames.length === 0) return <p class="note">No frame of the trace could be read.</p>;
    return (
        <ol class="trace">
            {frames.map((frame, i) => (
                <>
                    {frame.stack !== (frames[i - 1]?.stack ?? '') ? (
                        <li class="stack">{frame.stack ? `<${frame.stack}>` : 'below'}</li>
                    ) : null}
                    <li
                        key={i}
                        class={`${frame.certain ? '' : 'uncertain'} ${
                            frame.function === culprit ? 'culprit' : ''
                        }`}
                    >
                        <FrameText frame={frame} />
                        {frame.function === culprit ? (
                            <span class="tag">look here first</span>
                        ) : null}
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
