// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { earlier_jobs, earlier_of } from '../src/earlier';
import { line_diff } from '../src/line_diff';
import type { Trial, Verdict } from '../src/model';
import { pieces_by_names } from '../src/parts/mail_parts';
import { time_lanes } from '../src/time_lanes';

const at = (second: number) => new Date(1e12 + second * 1000).toISOString();

function trial(arm: string, kind: string | null, from: number, to: number | null): Trial {
    return {
        arm,
        started_at: at(from),
        ended_at: to === null ? null : at(to),
        outcome: kind === null ? null : { kind },
    } as unknown as Trial;
}

describe('trials on a line of time', () => {
    test('hits are counted within their arm', () => {
        const lanes = time_lanes(
            [
                trial('unpatched', 'hit', 0, 10),
                trial('unpatched', 'void', 10, 15),
                trial('unpatched', 'hit', 15, 20),
                trial('patched', 'clean', 20, 40),
            ],
            0,
        );
        expect(lanes?.seconds).toBe(40);
        const [unpatched, patched] = lanes?.arms ?? [];
        expect(unpatched?.spans.map((span) => [span.from, span.to, span.hits])).toEqual([
            [0, 0.25, 1],
            [0.25, 0.375, 1],
            [0.375, 0.5, 2],
        ]);
        expect(patched?.spans.map((span) => [span.from, span.to])).toEqual([[0.5, 1]]);
    });
    test('one that runs grows until now', () => {
        const lanes = time_lanes([trial('unpatched', null, 0, null)], 1e12 + 30000);
        expect(lanes?.seconds).toBe(30);
        expect(lanes?.arms[0]?.spans[0]?.to).toBe(1);
    });
    test('there is no line without trials', () => expect(time_lanes([], 0)).toBeNull());
});

describe('two scripts', () => {
    test('differ in their lines', () =>
        expect(line_diff('a\nb\nc\n', 'a\nx\nc\nd\n')).toEqual([
            { sign: ' ', text: 'a' },
            { sign: '-', text: 'b' },
            { sign: '+', text: 'x' },
            { sign: ' ', text: 'c' },
            { sign: '+', text: 'd' },
        ]));
    test('that are the same differ in none', () =>
        expect(line_diff('a\nb', 'a\nb\n').every((row) => row.sign === ' ')).toBe(true));
});

describe('earlier hits', () => {
    const with_earlier = (earlier: Verdict['earlier']) => ({ earlier }) as unknown as Verdict;
    test('are told with their jobs', () => {
        const earlier = earlier_of(with_earlier({ hits: 4, exposure: 90, jobs: [3, 7] }));
        expect(earlier && earlier_jobs(earlier)).toBe('jobs #3, #7');
    });
    test.each([null, { hits: 0, exposure: 0, jobs: [] }])('are none in %j', (earlier) =>
        expect(earlier_of(with_earlier(earlier))).toBeNull(),
    );
});

test('a name in a diff is marked where it stands alone', () => {
    const names = new Set(['put_task']);
    expect(pieces_by_names('-\tput_task(tsk); __put_task(tsk); put_task', names)).toEqual([
        '-\t',
        'put_task',
        '(tsk); __put_task(tsk); ',
        'put_task',
        '',
    ]);
    expect(pieces_by_names('', names)).toEqual(['']);
});
