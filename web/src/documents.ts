// SPDX-License-Identifier: Apache-2.0
// Links to the daemon's own documents (a page's twins, mails, exports, consoles) while a token is
// held: a plain link cannot send it, so they are fetched and then shown or saved.

import { useEffect, useState } from 'preact/hooks';

import { read_problem, request } from './api';
import { is_document } from './router';
import { token } from './token';

// Only what a browser shows as text is shown: a document of our origin must not be run.
const k_shown = /^(application\/json|text\/plain)\b/;

// The name that the daemon gives a document to be saved under; empty: it is to be shown.
export function saved_name(disposition: string | null, link_name: string | null): string {
    const named = /filename="([^"/\\]+)"/.exec(disposition ?? '')?.[1];
    return named ?? link_name ?? '';
}

function save(address: string, name: string): void {
    const link = document.createElement('a');
    link.href = address;
    link.download = name;
    link.click();
}

// Empty when it went well, or what did not.
async function open_document(link: HTMLAnchorElement): Promise<string> {
    const response = await request(link.href);
    if (!response.ok) {
        const problem = await read_problem(response);
        return problem.detail || problem.title;
    }
    const type = response.headers.get('content-type') ?? '';
    const name = saved_name(
        response.headers.get('content-disposition'),
        link.getAttribute('download'),
    );
    const address = URL.createObjectURL(await response.blob());
    if (name || !k_shown.test(type)) save(address, name || 'document');
    else location.assign(address);
    window.setTimeout(() => URL.revokeObjectURL(address), 60000);
    return '';
}

// What went wrong with the last document that was asked for.
export function use_documents(): string {
    const [fault, set_fault] = useState('');
    useEffect(() => {
        const clicked = (event: MouseEvent) => {
            if (!token() || event.button !== 0 || !(event.target instanceof Element)) return;
            const link = event.target.closest('a');
            if (!link || link.origin !== location.origin || !is_document(link)) return;
            event.preventDefault();
            set_fault('');
            open_document(link).then(set_fault, (error: unknown) =>
                set_fault(error instanceof Error ? error.message : String(error)),
            );
        };
        document.addEventListener('click', clicked);
        return () => document.removeEventListener('click', clicked);
    }, []);
    return fault;
}
