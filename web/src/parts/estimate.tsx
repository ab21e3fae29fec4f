// SPDX-License-Identifier: Apache-2.0
// How long the job may take, and what that is made of.

import { duration } from '../format';
import type { Estimate, EstimatePart } from '../model';
import { Shown } from './text';

function Part({ part }: { part: EstimatePart }) {
    return (
        <>
            <dt>{part.name}</dt>
            <dd>
                <b>{duration(part.seconds)}</b>{' '}
                <span class="pill">{part.basis === 'record' ? 'on record' : 'assumed'}</span>{' '}
                <span class="dim">
                    <Shown text={part.why} />
                </span>
            </dd>
        </>
    );
}

export function EstimateHint({ estimate }: { estimate: Estimate | null }) {
    if (!estimate)
        return (
            <p class="hint estimate">How long it may take is said here once there is a patch.</p>
        );
    return (
        <div class="hint estimate">
            <p>
                It takes about <b>{duration(estimate.seconds)}</b>
                {estimate.tree ? (
                    <>
                        {' '}
                        on <Shown text={estimate.tree} />
                    </>
                ) : null}
                , {duration(estimate.most_s)} at most.
            </p>
            <details>
                <summary>What it is made of</summary>
                <dl class="parts">
                    {estimate.parts.map((part) => (
                        <Part key={part.name} part={part} />
                    ))}
                </dl>
            </details>
        </div>
    );
}
