// SPDX-License-Identifier: Apache-2.0
// The token that a server may ask for: kept for this tab alone, sent as a header, in no address.

const k_key = 'krepro-token';

type Listener = () => void;
const k_listeners = new Set<Listener>();

// Of a browser that keeps nothing, until the page is left.
let kept = '';
let is_asked_for = false;

export function token(): string {
    try {
        return sessionStorage.getItem(k_key) ?? kept;
    } catch {
        return kept;
    }
}

function keep(text: string): void {
    kept = text;
    try {
        if (text) sessionStorage.setItem(k_key, text);
        else sessionStorage.removeItem(k_key);
    } catch {
        // `kept` does
    }
}

function tell(): void {
    for (const listener of [...k_listeners]) listener();
}

// Called when a token is asked for, taken or given back.
export function on_token(listener: Listener): () => void {
    k_listeners.add(listener);
    return () => k_listeners.delete(listener);
}

export function token_is_asked_for(): boolean {
    return is_asked_for;
}

// The server refused: `sent` is the token that it was asked with. An answer to an older one says
// nothing of the one that is held now.
export function ask_for_token(sent: string): void {
    if (is_asked_for || sent !== token()) return;
    is_asked_for = true;
    tell();
}

export function take_token(text: string): void {
    keep(text);
    is_asked_for = false;
    tell();
}

export function forget_token(): void {
    keep('');
    is_asked_for = true;
    tell();
}

// What is wrong with a text that should be a token, before it is sent anywhere; empty: nothing.
export function token_fault(text: string): string {
    if (text === '') return 'Paste a token.';
    if (/^krepro_[0-9a-f]{64}$/.test(text)) return '';
    if (!text.startsWith('krepro_')) return 'This is no token: a token begins with krepro_.';
    const digits = text.length - 'krepro_'.length;
    return digits === 64
        ? 'This is no token: after krepro_ only the digits 0 to 9 and a to f may stand.'
        : `This token is not whole: after krepro_ stand ${digits} characters, not 64.`;
}

export function authorization(): Record<string, string> {
    const held = token();
    return held ? { authorization: `Bearer ${held}` } : {};
}
