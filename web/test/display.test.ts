// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { restamped } from '../src/console/stamps';
import { pieces, plain, shortened } from '../src/display';

describe('hidden characters', () => {
    const table: [string, string, string][] = [
        ['an escape is shown as terminals write it', '\u001b[31mred', '^[[31mred'],
        ['a carriage return cannot overwrite', 'good\rbad!', 'good^Mbad!'],
        ['a backspace cannot erase', 'rm\b\bls', 'rm^H^Hls'],
        ['a NUL is shown', 'a\u0000b', 'a^@b'],
        ['delete is shown', '\u007f', '^?'],
        ['C1 controls are named', '\u009b31m', '<U+009B>31m'],
        ['bidi overrides are named', 'a\u202eb\u202c', 'a<U+202E>b<U+202C>'],
        ['bidi isolates and marks are named', '\u2066x\u2069\u200f', '<U+2066>x<U+2069><U+200F>'],
        ['zero-width characters are named', 'pass\u200bword\ufeff', 'pass<U+200B>word<U+FEFF>'],
        ['tags beyond the basic plane are named', 'a\u{e0041}', 'a<U+E0041>'],
        ['tabs stay', '\tx', '\tx'],
        ['markup is text', '<script>alert(1)</script>', '<script>alert(1)</script>'],
        ['letters of any script stay', 'Grüße שלום 日本', 'Grüße שלום 日本'],
    ];
    test.each(table)('%s', (_, text, shown) => expect(plain(text)).toBe(shown));
});

test('a stand_in_is_told_from_text_that_looks_like_it', () => {
    expect(pieces('<U+202E>\u202e')).toEqual([
        { text: '<U+202E>', control: false },
        { text: '<U+202E>', control: true },
    ]);
});

test('neighbouring_stand_ins_are_one_piece', () => {
    expect(pieces('a\u0001\u0002b').map((piece) => piece.text)).toEqual(['a', '^A^B', 'b']);
});

test('no_text_has_no_pieces', () => expect(pieces('')).toEqual([]));

test('a_megabyte_of_controls_takes_no_time_to_speak_of', () => {
    const before = process.cpuUsage();
    expect(plain('\u001b'.repeat(1 << 20)).length).toBe(2 << 20);
    // Processor time: a machine that is busy otherwise does not make it slow.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(3000);
});

test('a_long_line_is_cut_and_says_by_how_much', () => {
    expect(shortened('abcdef', 4)).toEqual({ text: 'abcd', left_out: 2 });
    expect(shortened('abcd', 4)).toEqual({ text: 'abcd', left_out: 0 });
});

test('a_cut_does_not_split_a_character', () => {
    expect(shortened('ab\u{1f600}cd', 3)).toEqual({ text: 'ab', left_out: 4 });
});

describe('the time before a line', () => {
    const began = new Date(2026, 0, 2, 10, 0, 0).toISOString();
    test.each([
        ['boot', '[   20.305508] text', '[   20.000000] x', '[   20.305508] text'],
        ['before', '[   20.305508] text', '[   20.000000] x', '[   +0.305508] text'],
        ['before', '[   20.305508] text', 'no stamp', '[            ] text'],
        ['clock', '[   20.305508][  T12] text', '', '[10:00:20.305][  T12] text'],
        ['clock', 'no stamp', '', 'no stamp'],
        ['clock', '[x] text', '', '[x] text'],
    ] as const)('%s: "%s"', (mode, text, before, shown) =>
        expect(restamped(text, mode, before, began)).toBe(shown),
    );
});
