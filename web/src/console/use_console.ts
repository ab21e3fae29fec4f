// SPDX-License-Identifier: Apache-2.0
// A console that is read in the background, and that grows while its trial runs.

import { useEffect, useMemo, useState } from 'preact/hooks';

import { ApiError, console_path } from '../api';
import { LineStore } from './line_store';
import { range_reader } from './range';

export interface ConsoleState {
    store: LineStore;
    lines: number;
    complete: boolean; // everything that exists by now was read
    error: Error | null;
}

const k_show_every_ms = 120;
const k_tail_ms = 1000;
const k_retry_ms = 3000;

function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
        const timer = window.setTimeout(resolve, ms);
        signal.addEventListener(
            'abort',
            () => {
                window.clearTimeout(timer);
                resolve();
            },
            { once: true },
        );
    });
}

// A console of a trial that has only begun may not be there yet.
function is_not_yet(error: unknown, running: boolean): boolean {
    return running && error instanceof ApiError && error.problem.status === 404;
}

async function follow(
    store: LineStore,
    running: () => boolean,
    show: (error: Error | null) => void,
    signal: AbortSignal,
): Promise<void> {
    let shown_at = -Infinity;
    while (!signal.aborted) {
        try {
            const was_running = running();
            if (!was_running && store.indexed > 0 && store.complete) {
                show(null);
                return;
            }
            const more = await store.index_more(signal);
            if (signal.aborted) return;
            if (!more || store.complete || performance.now() - shown_at > k_show_every_ms) {
                shown_at = performance.now();
                show(null);
            }
            if (more) continue;
            if (!was_running) return;
            await pause(k_tail_ms, signal);
        } catch (thrown) {
            if (signal.aborted) return;
            const error = thrown instanceof Error ? thrown : new Error(String(thrown));
            show(is_not_yet(thrown, running()) ? null : error);
            if (error instanceof ApiError && !is_not_yet(thrown, running())) return;
            await pause(k_retry_ms, signal);
        }
    }
}

// `none`: the trial ended before its VM began, and has no console.
export type ConsoleSource = 'running' | 'ended' | 'none';

// Reads to the end, and goes on while the trial runs.
export function use_console(trial: number, source: ConsoleSource): ConsoleState {
    const running = source === 'running';
    const store = useMemo(() => new LineStore(range_reader(console_path(trial))), [trial]);
    const [state, set_state] = useState({ lines: 0, complete: false, error: null as Error | null });
    useEffect(() => {
        if (source === 'none') {
            set_state({ lines: 0, complete: true, error: null });
            return undefined;
        }
        const abort = new AbortController();
        const show = (error: Error | null) =>
            set_state({ lines: store.lines, complete: store.complete, error });
        void follow(store, () => running, show, abort.signal);
        return () => abort.abort();
    }, [store, source]);
    return { store, ...state };
}
