// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import * as format from '../src/format';

// No-break spaces written as spaces, so that the tables can be read.
const spaced = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

test.each([
    [0, '0.0 s'],
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [3599, '59 min 59 s'],
    [3600, '1 h 00 min'],
    [90061, '25 h 01 min'],
    [-1, '–'],
    [NaN, '–'],
])('%f seconds are %s', (seconds, text) => expect(spaced(format.duration(seconds))).toBe(text));

test.each([
    [0, 'about 5 s'],
    [41, 'about 40 s'],
    [100, 'about 2 min'],
    [3000, 'about 50 min'],
    [9000, 'about 2.5 h'],
    [-1, '–'],
])('an estimate of %f seconds is %s', (seconds, text) =>
    expect(spaced(format.about(seconds))).toBe(text),
);

test.each([
    [0, '0'],
    [0.04567, '0.0457'],
    [12.345, '12.3'],
    [999, '999'],
    [999.6, '1 000'],
    [1234567, '1 234 567'],
    [Infinity, '–'],
])('the number %f is %s', (value, text) => expect(spaced(format.number(value))).toBe(text));

test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [5 << 20, '5 MiB'],
])('%d bytes are %s', (count, text) => expect(spaced(format.bytes(count))).toBe(text));

test.each([
    [1, '1'],
    [0.047, '0.047'],
    [0.04987, '0.05'],
    [0, '0'],
    [0.00001234, '1.2·10^-5'],
])('the probability %f is %s', (p, text) => expect(format.probability(p)).toBe(text));

test('a probability above the threshold is not rounded onto it', () => {
    expect(format.probability(0.0512)).toBe('0.051');
});

test.each([
    [1, 'deadline_exits', '1 deadline exit'],
    [190, 'deadline_exits', '190 deadline exits'],
    [12.5, 'guest_seconds', '12.5 guest s'],
    [1, 'bogo_ops', '1 bogo op'],
    [900, 'bogo_ops', '900 bogo ops'],
] as const)('exposure has its unit: %f %s', (value, unit, text) =>
    expect(spaced(format.exposure(value, unit))).toBe(text),
);

describe('how long ago', () => {
    const now = Date.parse('2026-11-22T12:00:00Z');
    test.each([
        ['2026-11-22T11:59:55Z', 'just now'],
        ['2026-11-22T12:00:09Z', 'just now'],
        ['2026-11-22T11:59:00Z', '1 min ago'],
        ['2026-11-22T09:30:00Z', '2 h ago'],
        ['2026-11-21T11:00:00Z', '1 day ago'],
        ['not a time', 'not a time'],
    ])('%s is %s', (at, text) => expect(spaced(format.ago(at, now))).toBe(text));
});

test('percentages keep what was asked for', () => {
    expect(spaced(format.percent(0.95))).toBe('95 %');
    expect(spaced(format.percent(0.999))).toBe('99.9 %');
});

test('an upper bound is rounded up', () => {
    expect(spaced(format.bound(0.463))).toBe('47 %');
    expect(spaced(format.bound(0.5))).toBe('50 %');
});
