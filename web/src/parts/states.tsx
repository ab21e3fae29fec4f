// SPDX-License-Identifier: Apache-2.0
// What a page shows when it has nothing to show yet, or cannot.

import type { ComponentChildren } from 'preact';

import { ApiError, OfflineError } from '../api';
import type { LiveState } from '../live';
import type { Resource } from '../resource';
import { Shown } from './text';

export function Loading({ what }: { what: string }) {
    return (
        <p class="state loading" role="status">
            Loading {what} …
        </p>
    );
}

export function Empty({ children }: { children: ComponentChildren }) {
    return <div class="state empty">{children}</div>;
}

export function Failure({ error, reload }: { error: Error; reload: () => void }) {
    const problem = error instanceof ApiError ? error.problem : null;
    return (
        <div class="state failure" role="alert">
            <h2>{problem ? <Shown text={problem.title} /> : 'This did not work'}</h2>
            <p>
                <Shown text={error.message} />
            </p>
            {problem?.where ? (
                <p>
                    Where:{' '}
                    <code>
                        <Shown text={problem.where} />
                    </code>
                </p>
            ) : null}
            {problem?.hint ? (
                <p>
                    What to do: <Shown text={problem.hint} />
                </p>
            ) : null}
            <p class="row">
                <button type="button" onClick={reload}>
                    Try again
                </button>
                <a href="/">All jobs</a>
            </p>
        </div>
    );
}

// Says that what is shown is old, without moving the page.
export function Stale({ error }: { error: Error | null }) {
    if (!error) return null;
    const text =
        error instanceof OfflineError
            ? 'The daemon does not answer. What you see is the last it said; trying again …'
            : `Could not be brought up to date: ${error.message}`;
    return (
        <div class="banner" role="status">
            {text}
        </div>
    );
}

const k_live: Record<LiveState, string> = {
    off: '',
    connecting: 'connecting',
    live: 'live',
    reconnecting: 'reconnecting',
};

export function LiveSign({ state }: { state: LiveState }) {
    if (state === 'off') return null;
    return (
        <span class={`live live-${state}`} role="status">
            {k_live[state]}
        </span>
    );
}

// Loading, failed, or the page. `head` is the heading until the page brings its own.
export function With<T>({
    resource,
    what,
    head,
    children,
}: {
    resource: Resource<T>;
    what: string;
    head?: string;
    children: (data: T) => ComponentChildren;
}) {
    if (resource.data !== null)
        return (
            <>
                <Stale error={resource.error} />
                {children(resource.data)}
            </>
        );
    return (
        <>
            {head ? <h1 tabIndex={-1}>{head}</h1> : null}
            {resource.error ? (
                <Failure error={resource.error} reload={resource.reload} />
            ) : (
                <Loading what={what} />
            )}
        </>
    );
}
