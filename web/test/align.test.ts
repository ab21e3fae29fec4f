// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { align, is_noise } from '../src/align';
import type { Frame } from '../src/model';

function frame(name: string): Frame {
    const certain = !name.startsWith('?');
    return {
        function: name.replace('?', ''),
        offset: 0,
        size: 0,
        certain,
        module: '',
        stack: '',
        file: null,
        line: null,
        inlines: [],
        source: null,
        patched: false,
    };
}

const frames = (names: string) => (names === '' ? [] : names.split(' ').map(frame));

// "a=a" paired, "a~a" equal but not paired, "a|" only expected, "|a" only observed.
function drawn(expected: string, observed: string, pairs: number[][]): string {
    return align(frames(expected), frames(observed), pairs)
        .map((row) => {
            const left = row.expected?.function ?? '';
            const right = row.observed?.function ?? '';
            return (
                left +
                (row.relation === 'same' ? '=' : row.relation === 'equal' ? '~' : '|') +
                right
            );
        })
        .join(' ');
}

describe('two traces', () => {
    const table: [string, string, string, number[][], string][] = [
        [
            'meet where they are paired',
            'a b c',
            'a b c',
            [
                [0, 0],
                [1, 1],
                [2, 2],
            ],
            'a=a b=b c=c',
        ],
        [
            'leave room for an inlined frame',
            'a c',
            'a b c',
            [
                [0, 0],
                [1, 2],
            ],
            'a=a |b c=c',
        ],
        [
            'leave room for a frame that is gone',
            'a b c',
            'a c',
            [
                [0, 0],
                [2, 1],
            ],
            'a=a b| c=c',
        ],
        [
            'pair other names when told so',
            'a lock.part.0 c',
            'a lock c',
            [
                [0, 0],
                [1, 1],
                [2, 2],
            ],
            'a=a lock.part.0=lock c=c',
        ],
        ['meet at equal names between pairs', 'd e z', 'd e z', [[2, 2]], 'd~d e~e z=z'],
        ['stand alone without pairs', 'a b', 'c d', [], 'a| b| |c |d'],
        ['may both be empty', '', '', [], ''],
        ['may be of one side only', '', 'a b', [], '|a |b'],
        [
            'ignore pairs that run backwards',
            'a b',
            'a b',
            [
                [1, 1],
                [0, 0],
            ],
            'a~a b=b',
        ],
        ['ignore pairs that point nowhere', 'a', 'a', [[5, 0], [0, 9], [-1, 0], [0]], 'a~a'],
    ];
    test.each(table)('%s', (_, expected, observed, pairs, rows) =>
        expect(drawn(expected, observed, pairs)).toBe(rows),
    );
});

test('no_frame_is_lost_or_doubled', () => {
    const expected = frames('a b c d e f');
    const observed = frames('x a c y d f z');
    const rows = align(expected, observed, [
        [0, 1],
        [2, 2],
        [5, 5],
    ]);
    expect(rows.flatMap((row) => row.expected ?? [])).toEqual(expected);
    expect(rows.flatMap((row) => row.observed ?? [])).toEqual(observed);
});

test('uncertain_frames_of_the_console_are_noise_and_those_of_pairs_are_not', () => {
    const rows = align(frames('a'), frames('?x a'), [[0, 1]]);
    expect(rows.map(is_noise)).toEqual([true, false]);
});
