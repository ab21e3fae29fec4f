// SPDX-License-Identifier: Apache-2.0
// A mail as the form holds it: the text that one sees, and the bytes that are sent.

// text: sent as UTF-8. bytes: each character stands for one byte, because what was given is no
// UTF-8; what is not typed over goes out as it came in.
export type MailForm = 'text' | 'bytes';

export interface MailText {
    text: string;
    form: MailForm;
}

// A line as `git format-patch` begins a file with, and what tells one: without it, files put together
// would be one mail and no mbox.
const k_any_separator = 'From krepro Mon Sep 17 00:00:00 2001\n';
const k_separator = /^From .*\d\d:\d\d:\d\d/;

function one_character_a_byte(bytes: Uint8Array): string {
    const pieces: string[] = [];
    const k_piece = 8192; // arguments that a call takes
    for (let at = 0; at < bytes.length; at += k_piece)
        pieces.push(String.fromCharCode(...bytes.subarray(at, at + k_piece)));
    return pieces.join('');
}

export function text_of_bytes(bytes: Uint8Array): MailText {
    try {
        const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
        return { text: decoder.decode(bytes), form: 'text' };
    } catch {
        return { text: one_character_a_byte(bytes), form: 'bytes' };
    }
}

// What is sent. A character that is no byte was typed in: then the whole is a text.
export function bytes_of_mail({ text, form }: MailText): Uint8Array<ArrayBuffer> {
    // eslint-disable-next-line no-control-regex
    if (form === 'text' || /[^\u0000-\u00ff]/.test(text)) return new TextEncoder().encode(text);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
    return bytes;
}

export interface NamedBytes {
    name: string;
    bytes: Uint8Array;
}

function put_together(parts: Uint8Array[]): Uint8Array {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

function as_mbox_entry(bytes: Uint8Array): Uint8Array {
    const head = one_character_a_byte(bytes.subarray(0, 200));
    const encoder = new TextEncoder();
    return put_together([
        encoder.encode(k_separator.test(head) ? '' : k_any_separator),
        bytes,
        encoder.encode(bytes.at(-1) === 0x0a ? '\n' : '\n\n'),
    ]);
}

// Several files are one series: an mbox, in the order of the numbers in their names. The daemon
// orders its mails by the numbers in their subjects.
export function joined(files: NamedBytes[]): Uint8Array {
    const only = files[0];
    if (only && files.length === 1) return only.bytes;
    const by_number = new Intl.Collator('en', { numeric: true });
    return put_together(
        [...files]
            .sort((a, b) => by_number.compare(a.name, b.name))
            .map(({ bytes }) => as_mbox_entry(bytes)),
    );
}
