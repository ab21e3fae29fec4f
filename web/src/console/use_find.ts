// SPDX-License-Identifier: Apache-2.0
// Where a text stands in a console, searched while it is typed.

import { useEffect, useState } from 'preact/hooks';

import { plural } from '../format';
import type { ConsoleState } from './use_console';

const k_find_limit = 10000;

export interface Found {
    text: string;
    lines: number[];
    searching: boolean;
}

const k_nothing_found: Found = { text: '', lines: [], searching: false };

export function use_find(state: ConsoleState, text: string): Found {
    const [found, set_found] = useState(k_nothing_found);
    useEffect(() => {
        if (text === '') {
            set_found(k_nothing_found);
            return undefined;
        }
        const abort = new AbortController();
        const timer = window.setTimeout(() => {
            set_found((old) => ({ ...old, text, searching: true }));
            state.store.find(text, k_find_limit, abort.signal).then(
                (lines) => {
                    if (!abort.signal.aborted) set_found({ text, lines, searching: false });
                },
                () => {
                    if (!abort.signal.aborted) set_found({ text, lines: [], searching: false });
                },
            );
        }, 200);
        return () => {
            window.clearTimeout(timer);
            abort.abort();
        };
    }, [text, state.store, state.complete]);
    return found;
}

export function found_words(found: Found, find: string): string {
    if (find === '') return '';
    if (found.searching || found.text !== find) return 'searching …';
    const more = found.lines.length >= k_find_limit ? ' or more' : '';
    return found.lines.length === 0 ? 'nowhere' : `${plural(found.lines.length, 'line')}${more}`;
}
