// SPDX-License-Identifier: Apache-2.0
// What intake makes of a mail or a commit, and what its job would meet, asked for while it is typed.

import { useEffect, useState } from 'preact/hooks';

import type { Problem, Submission } from './api';
import { ApiError, get_preview, parameters_of } from './api';
import type { Preview } from './model';
import { is_trying } from './tree_words';

export interface PreviewState {
    // The latest that was understood; stays while the next answer is under way.
    preview: Preview | null;
    problem: Problem | null; // why the mail as it stands cannot be a job
    asking: boolean;
}

const k_nothing: PreviewState = { preview: null, problem: null, asking: false };
const k_pause_ms = 300;
// Trees that have not answered within the daemon's second.
const k_again_ms = 700;

function offline(error: unknown): Problem {
    return {
        title: 'No preview',
        detail: error instanceof Error ? error.message : String(error),
        status: 0,
        where: '',
        hint: '',
    };
}

// What the preview depends on beside the mail. Only a budget that can be one is sent: what is wrong
// with a field is said when the job is submitted.
export function preview_parameters(form: Submission): string {
    const all = parameters_of(form);
    all.delete('warm_start');
    all.delete('trials');
    const seconds = Number(all.get('wall_s'));
    if (!(seconds >= 10 && seconds <= 604800)) all.delete('wall_s');
    for (const name of ['tree', 'profile']) if (all.get(name) === '') all.delete(name);
    return all.toString();
}

export function use_preview(form: Submission): PreviewState {
    const [state, set_state] = useState(k_nothing);
    const { mail, mail_form, commit } = form;
    const parameters = preview_parameters(form);
    useEffect(() => {
        if (mail.trim() === '' && commit === '') {
            set_state(k_nothing);
            return undefined;
        }
        const abort = new AbortController();
        let timer = 0;
        const failed = (error: unknown) => {
            if (abort.signal.aborted) return;
            const problem = error instanceof ApiError ? error.problem : offline(error);
            set_state({ preview: null, problem, asking: false });
        };
        const ask = () =>
            get_preview({ text: mail, form: mail_form }, parameters, abort.signal).then(
                (preview) => {
                    if (abort.signal.aborted) return;
                    set_state({ preview, problem: null, asking: false });
                    if (is_trying(preview.trees)) timer = window.setTimeout(ask, k_again_ms);
                },
                failed,
            );
        timer = window.setTimeout(() => {
            set_state((old) => ({ ...old, asking: true }));
            void ask();
        }, k_pause_ms);
        return () => {
            window.clearTimeout(timer);
            abort.abort();
        };
    }, [mail, mail_form, commit, parameters]);
    return state;
}
