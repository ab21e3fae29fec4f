// SPDX-License-Identifier: Apache-2.0
// Data of a page: loaded, kept while it is loaded again, and loaded again until it works.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { is_final } from './api';
import { on_token, token_is_asked_for } from './token';

export interface Resource<T> {
    data: T | null;
    error: Error | null;
    loading: boolean;
    reload: () => void;
}

interface State<T> {
    key: string;
    data: T | null;
    error: Error | null;
    loading: boolean;
}

const k_backoff_ms = [1000, 2000, 4000, 8000, 15000];

// Loads when `key` changes and every `poll_ms` (0: never) while the page is visible. What is shown
// stays while the next answer is under way.
export function use_resource<T>(
    key: string,
    load: (signal: AbortSignal) => Promise<T>,
    poll_ms = 0,
): Resource<T> {
    const [state, set_state] = useState<State<T>>({ key, data: null, error: null, loading: true });
    const [round, set_round] = useState(0);
    const loader = useRef(load);
    loader.current = load;
    const reload = useCallback(() => set_round((n) => n + 1), []);

    useEffect(
        () =>
            on_token(() => {
                if (!token_is_asked_for()) reload();
            }),
        [reload],
    );

    useEffect(() => {
        const abort = new AbortController();
        let timer = 0;
        let failures = 0;
        const again = (wait: number) => {
            timer = window.setTimeout(() => {
                if (document.hidden) again(wait);
                else void run();
            }, wait);
        };
        const run = async () => {
            try {
                const data = await loader.current(abort.signal);
                if (abort.signal.aborted) return;
                failures = 0;
                set_state({ key, data, error: null, loading: false });
                if (poll_ms > 0) again(poll_ms);
            } catch (thrown) {
                if (abort.signal.aborted) return;
                const error = thrown instanceof Error ? thrown : new Error(String(thrown));
                set_state((old) => ({
                    key,
                    data: old.key === key ? old.data : null,
                    error,
                    loading: false,
                }));
                // A job that is not there is not asked for again by itself.
                if (!is_final(error)) again(k_backoff_ms[Math.min(failures++, 4)] ?? 15000);
            }
        };
        void run();
        return () => {
            abort.abort();
            window.clearTimeout(timer);
        };
    }, [key, round, poll_ms]);

    if (state.key !== key) return { data: null, error: null, loading: true, reload };
    return { data: state.data, error: state.error, loading: state.loading, reload };
}
