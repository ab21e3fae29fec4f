// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { LineStore, k_line_bytes } from '../src/console/line_store';
import type { RangeReader } from '../src/console/range';

// A console as a server has it; it may grow.
class Fake {
    bytes: Uint8Array;
    reads: [number, number][] = [];
    read: RangeReader = (start, end) => {
        this.reads.push([start, end]);
        return Promise.resolve({ bytes: this.bytes.slice(start, end), total: this.bytes.length });
    };
    constructor(text: string) {
        this.bytes = new TextEncoder().encode(text);
    }
    grow(text: string): void {
        this.bytes = new Uint8Array([...this.bytes, ...new TextEncoder().encode(text)]);
    }
}

async function index_all(store: LineStore): Promise<void> {
    while (await store.index_more());
}

async function lines_of(store: LineStore): Promise<(string | undefined)[]> {
    const found: (string | undefined)[] = [];
    for (let n = 1; n <= store.lines; ++n) {
        if (store.line(n) === null) await store.load(n, n);
        found.push(store.line(n)?.text);
    }
    return found;
}

const k_texts: [string, string][] = [
    ['nothing', ''],
    ['one line without an end', 'abc'],
    ['one line', 'abc\n'],
    ['only newlines', '\n\n\n\n\n\n\n\n\n'],
    ['carriage returns', 'a\r\nbb\r\n\r\nccc\r\n'],
    [
        'lines of many lengths',
        Array.from({ length: 60 }, (_, i) => 'x'.repeat((i * 7) % 23)).join('\n'),
    ],
    ['characters of several bytes', 'ä→\u{1f600}\nß\n日本語\n'],
];

describe.each(k_texts)('%s', (_, text) => {
    const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
    if (lines.at(-1) === '') lines.pop();
    test.each([1, 2, 3, 5, 8, 64, 4096])(
        'reads the same lines with chunks of %i bytes',
        async (chunk) => {
            const store = new LineStore(new Fake(text).read, chunk, 64);
            await index_all(store);
            expect(store.lines).toBe(lines.length);
            expect(await lines_of(store)).toEqual(lines);
        },
    );
});

test('few_chunks_are_kept_and_others_read_again', async () => {
    const fake = new Fake(Array.from({ length: 500 }, (_, i) => `line ${i + 1}`).join('\n'));
    const store = new LineStore(fake.read, 64, 4);
    await index_all(store);
    expect(store.line(1)).toBeNull();
    await store.load(1, 3);
    expect(store.line(1)?.text).toBe('line 1');
    expect(store.line(500)).not.toBeNull();
    for (const n of [100, 200, 250, 300]) await store.load(n, n + 2);
    await store.load(400, 402);
    expect(store.line(401)?.text).toBe('line 401');
    expect(store.line(1)).toBeNull();
});

test('a_console_that_grows_is_read_on_and_its_last_line_completed', async () => {
    const fake = new Fake('one\ntw');
    const store = new LineStore(fake.read, 8, 4);
    await index_all(store);
    expect(store.line(2)?.text).toBe('tw');
    fake.grow('o\nthree\nfour is long\n');
    await index_all(store);
    expect(await lines_of(store)).toEqual(['one', 'two', 'three', 'four is long']);
    expect(store.complete).toBe(true);
});

test('at_the_end_a_byte_is_read_again_so_that_the_range_exists', async () => {
    const fake = new Fake('abc\n');
    const store = new LineStore(fake.read, 64, 4);
    await index_all(store);
    fake.reads = [];
    expect(await store.index_more()).toBe(false);
    expect(fake.reads).toEqual([[3, 64]]);
    fake.grow('d\n');
    expect(await store.index_more()).toBe(true);
    expect(store.lines).toBe(2);
});

test('growth_at_a_chunks_border_loses_nothing', async () => {
    const fake = new Fake('1234567\n');
    const store = new LineStore(fake.read, 8, 4);
    await index_all(store);
    fake.grow('abc\n');
    await index_all(store);
    expect(store.lines).toBe(2);
});

test('a_line_without_end_is_cut', async () => {
    const store = new LineStore(
        new Fake(`a\n${'x'.repeat(3 * k_line_bytes)}\nb\n`).read,
        1 << 16,
        4,
    );
    await index_all(store);
    expect(store.line(2)?.text.length).toBe(k_line_bytes);
    expect(store.line(2)?.left_out).toBe(2 * k_line_bytes);
    expect(store.line(3)?.text).toBe('b');
});

test('a_giant_line_does_not_hide_those_after_it', async () => {
    const store = new LineStore(
        new Fake(`a\n${'x'.repeat(100 * k_line_bytes)}\nb\n`).read,
        k_line_bytes,
        8,
    );
    await index_all(store);
    await store.load(1, 3);
    expect([1, 3].map((n) => store.line(n)?.text)).toEqual(['a', 'b']);
    expect(store.line(2)?.text.length).toBe(k_line_bytes);
    expect(store.line(2)?.left_out).toBeGreaterThan(97 * k_line_bytes);
});

test('lines_that_do_not_exist_are_null', async () => {
    const store = new LineStore(new Fake('a\nb\n').read, 64, 4);
    await index_all(store);
    expect([store.line(0), store.line(3), store.line(-5)]).toEqual([null, null, null]);
});

describe('find', () => {
    const text = 'Linux version 6.1\nnothing\nBUG: bug, BUG\n\nlinux again\nthe end is a bug';
    test.each([4, 7, 16, 4096])('finds lines with chunks of %i bytes', async (chunk) => {
        const store = new LineStore(new Fake(text).read, chunk, 2);
        await index_all(store);
        expect(await store.find('LINUX', 100)).toEqual([1, 5]);
        expect(await store.find('bug', 100)).toEqual([3, 6]);
        expect(await store.find('nowhere', 100)).toEqual([]);
        expect(await store.find('', 100)).toEqual([]);
        expect(await store.find('bug', 1)).toEqual([3]);
    });
});
