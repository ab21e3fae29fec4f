// SPDX-License-Identifier: Apache-2.0
// Locks with their usage and wait types, decoded.

import {
    is_refused,
    lock_name,
    told_usages,
    usage_meaning,
    wait_meaning,
    wait_pair,
} from '../locks';
import type { Context, Lock } from '../model';
import { FrameText } from './frames';
import { Shown } from './text';

function Waits({ lock }: { lock: Lock }) {
    const wait = lock.wait_inner ?? lock.wait_outer;
    if (!wait) return <span class="dim">not printed</span>;
    return (
        <>
            <code>{wait_pair(lock.wait_outer, lock.wait_inner)}</code>{' '}
            <b>
                <Shown text={wait.name} />
            </b>
            <div class="dim">{wait_meaning(wait)}</div>
        </>
    );
}

function UsageCell({ lock }: { lock: Lock }) {
    if (lock.usage === '') return <span class="dim">not printed</span>;
    return (
        <>
            <code>
                {'{'}
                <Shown text={lock.usage} />
                {'}'}
            </code>
            {told_usages(lock).map((usage) => (
                <div key={usage.state} class="dim">
                    <Shown text={usage.state} />: {usage_meaning(usage)}
                </div>
            ))}
        </>
    );
}

function LockRow({ id, lock, context }: { id: string; lock: Lock; context: Context }) {
    return (
        <tr id={id}>
            <td>
                <code class="lock-name">
                    <Shown text={lock_name(lock)} />
                </code>
                {lock.owner ? (
                    <div class="dim">
                        held by <Shown text={lock.owner} />
                    </div>
                ) : null}
                {lock.acquired_at ? (
                    <div>
                        <code>
                            <FrameText frame={lock.acquired_at} />
                        </code>
                    </div>
                ) : null}
                {lock.address ? (
                    <div class="dim">
                        <code>
                            <Shown text={lock.address} />
                        </code>
                    </div>
                ) : null}
            </td>
            <td>
                <Waits lock={lock} />
                {is_refused(lock, context) ? (
                    <div class="refused">not allowed in this context</div>
                ) : null}
            </td>
            <td>
                <UsageCell lock={lock} />
            </td>
        </tr>
    );
}

export function Locks({
    id,
    title,
    locks,
    context,
    none,
}: {
    id: string; // of its rows, with their number after it
    title: string;
    locks: Lock[];
    context: Context;
    none: string;
}) {
    return (
        <section id={id}>
            <h2>{title}</h2>
            {locks.length === 0 ? (
                <p class="dim">{none}</p>
            ) : (
                <div class="scroll" tabIndex={0} role="region" aria-label={title}>
                    <table class="locks small">
                        <thead>
                            <tr>
                                <th>lock, and where it is taken</th>
                                <th>wait type</th>
                                <th>usage</th>
                            </tr>
                        </thead>
                        <tbody>
                            {locks.map((lock, i) => (
                                <LockRow key={i} id={`${id}-${i}`} lock={lock} context={context} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </section>
    );
}
