// SPDX-License-Identifier: Apache-2.0
// Asks for the token that the server demands, and says what is wrong with one that it refuses.

import { useEffect, useRef, useState } from 'preact/hooks';

import { try_token } from '../api';
import type { Problem } from '../api';
import { take_token, token, token_fault } from '../token';
import { Shown } from './text';

function refusal_of(problem: Problem): string {
    if (problem.status === 401)
        return 'The server does not know this token. It may be mistyped, or was revoked: krepro token list, on the server’s machine, shows those that are good.';
    return [problem.detail || problem.title, problem.hint].filter(Boolean).join(': ');
}

async function fault_of(text: string): Promise<string> {
    const fault = token_fault(text);
    if (fault) return fault;
    try {
        const problem = await try_token(text);
        return problem ? refusal_of(problem) : '';
    } catch (error) {
        return `${error instanceof Error ? error.message : String(error)} Nothing is wrong with the token as far as one can tell: try again.`;
    }
}

export function AskToken() {
    const field = useRef<HTMLInputElement>(null);
    const [fault, set_fault] = useState(
        token() ? 'The token that this tab has is refused now: it was revoked.' : '',
    );
    const [busy, set_busy] = useState(false);
    useEffect(() => field.current?.focus(), []);
    const send = async (event: Event) => {
        event.preventDefault();
        const text = field.current?.value.trim() ?? '';
        set_busy(true);
        const found = await fault_of(text);
        set_busy(false);
        set_fault(found);
        if (found) field.current?.focus();
        else take_token(text);
    };
    return (
        <form class="ask-token" onSubmit={(event) => void send(event)}>
            <h1 id="token-head">This server asks for a token</h1>
            <p>
                It answers beyond its own machine, and to those who hold a token. Whoever runs it
                makes one with
            </p>
            <pre class="raw">krepro token add NAME --role read</pre>
            <p class="small dim">
                The roles: read looks, submit adds jobs too, admin may do everything.
            </p>
            <label for="token">Token</label>
            <input
                id="token"
                ref={field}
                type="password"
                autocomplete="off"
                spellcheck={false}
                placeholder="krepro_…"
                aria-invalid={fault !== ''}
                aria-describedby="token-fault token-kept"
                onInput={() => set_fault('')}
            />
            <p id="token-fault" class="fault-note" role="alert">
                {fault ? <Shown text={fault} /> : null}
            </p>
            <button type="submit" class="primary" disabled={busy}>
                {busy ? 'Asking …' : 'Use it'}
            </button>
            <p id="token-kept" class="small dim">
                Kept for this tab until it is closed, and sent to this server alone, never in an
                address.
            </p>
        </form>
    );
}
