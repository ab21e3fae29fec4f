// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test, vi } from 'vitest';

import { ApiError, get_job, is_final } from '../src/api';
import { wait_of, waited } from '../src/patience';

function problem(status: number, headers: Record<string, string> = {}): Response {
    return Response.json({ title: 'no', detail: 'no' }, { status, headers });
}

// Answers with these, one after another, and counts how often it was asked.
function serve(answers: Response[]): { asked: number } {
    const count = { asked: 0 };
    vi.stubGlobal('fetch', () => Promise.resolve(answers[count.asked++]));
    return count;
}

afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
});

test.each([
    ['3', 3000],
    [' 0 ', 0],
    ['86400', 30000],
    [null, 1000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 1000],
])('a Retry-After of %j is a wait of %d ms', (header, ms) => expect(wait_of(header)).toBe(ms));

describe('a server that has too many requests', () => {
    test('is asked again when it says', async () => {
        vi.useFakeTimers();
        const count = serve([problem(429, { 'retry-after': '2' }), Response.json({ id: 7 })]);
        const job = get_job(7);
        await vi.advanceTimersByTimeAsync(1900);
        expect(count.asked).toBe(1);
        await vi.advanceTimersByTimeAsync(200);
        expect((await job).id).toBe(7);
    });
    test('is not asked for ever, and what it said is not final', async () => {
        vi.useFakeTimers();
        const count = serve(Array.from({ length: 9 }, () => problem(429)));
        const failed = get_job(7).catch((error: unknown) => error);
        await vi.advanceTimersByTimeAsync(60000);
        const error = await failed;
        expect(error).toBeInstanceOf(ApiError);
        expect(is_final(error)).toBe(false);
        expect(count.asked).toBe(4);
    });
});

test('what a server refuses for good is final', async () => {
    serve([problem(404)]);
    expect(is_final(await get_job(7).catch((error: unknown) => error))).toBe(true);
});

test('a wait ends when it is called off', async () => {
    const abort = new AbortController();
    const wait = waited(100000, abort.signal);
    abort.abort();
    await expect(wait).resolves.toBeUndefined();
    await expect(waited(100000, abort.signal)).resolves.toBeUndefined();
});
