// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { bytes_of_mail, joined, text_of_bytes } from '../src/mail_text';

const k_utf8 = new TextEncoder().encode('Grüße\r\n');
const k_latin1 = Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65, 0x0d, 0x0a, 0x80, 0xff);

describe('a file', () => {
    test.each([
        ['that is UTF-8', k_utf8],
        ['that is not', k_latin1],
        ['with a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)],
        ['that is large', new Uint8Array(20000).fill(0xe4)],
    ])('%s is sent byte for byte as it was', (_, bytes) =>
        expect(bytes_of_mail(text_of_bytes(bytes))).toEqual(new Uint8Array(bytes)),
    );
    test('that is no UTF-8 keeps its bytes where it was not typed over', () => {
        const read = text_of_bytes(k_latin1);
        expect(read).toMatchObject({ form: 'bytes' });
        expect([...bytes_of_mail({ ...read, text: `x${read.text}` })]).toEqual([0x78, ...k_latin1]);
    });
    test('is a text when a character was typed in that is no byte', () =>
        expect(bytes_of_mail({ text: 'ü – ', form: 'bytes' })).toEqual(
            new TextEncoder().encode('ü – '),
        ));
});

describe('several files', () => {
    const file = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });
    const said = (...files: { name: string; bytes: Uint8Array }[]) =>
        new TextDecoder().decode(joined(files));
    const k_head = 'From 0123abcd Mon Sep 17 00:00:00 2001\n';
    test('are an mbox in the order of their numbers', () =>
        expect(
            said(
                file('10-c.patch', `${k_head}c\n`),
                file('0009-b.patch', `${k_head}b`),
                file('0001-a.patch', `${k_head}a\n`),
            ),
        ).toBe(`${k_head}a\n\n${k_head}b\n\n${k_head}c\n\n`));
    test('are told apart when they are bare diffs', () =>
        expect(said(file('a', 'From: x\n\nx\n'), file('b', 'diff\n'))).toMatch(
            /^From krepro .*\nFrom: x\n\nx\n\nFrom krepro .*\ndiff\n\n$/,
        ));
    test('are not when there is one', () => expect(said(file('a', 'diff\n'))).toBe('diff\n'));
});
