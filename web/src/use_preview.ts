// SPDX-License-Identifier: Apache-2.0
// What intake makes of a mail, asked for while it is typed.

import { useEffect, useState } from 'preact/hooks';

import type { Problem } from './api';
import { ApiError, get_preview } from './api';
import type { Preview } from './model';

export interface PreviewState {
    // The latest that was understood; stays while the next answer is under way.
    preview: Preview | null;
    problem: Problem | null; // why the mail as it stands cannot be a job
    asking: boolean;
}

const k_nothing: PreviewState = { preview: null, problem: null, asking: false };
const k_pause_ms = 300;

function offline(error: unknown): Problem {
    return {
        title: 'No preview',
        detail: error instanceof Error ? error.message : String(error),
        status: 0,
        where: '',
        hint: '',
    };
}

export function use_preview(mail: string): PreviewState {
    const [state, set_state] = useState(k_nothing);
    useEffect(() => {
        if (mail.trim() === '') {
            set_state(k_nothing);
            return undefined;
        }
        const abort = new AbortController();
        const timer = window.setTimeout(() => {
            set_state((old) => ({ ...old, asking: true }));
            get_preview(mail, abort.signal).then(
                (preview) => set_state({ preview, problem: null, asking: false }),
                (error: unknown) => {
                    if (abort.signal.aborted) return;
                    const problem = error instanceof ApiError ? error.problem : offline(error);
                    set_state({ preview: null, problem, asking: false });
                },
            );
        }, k_pause_ms);
        return () => {
            window.clearTimeout(timer);
            abort.abort();
        };
    }, [mail]);
    return state;
}
