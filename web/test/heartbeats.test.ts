// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { parse_harness, step_path, summary_of } from '../src/console/heartbeats';

const k_lines = [
    '{"type":"hello","uptime":1.5,"release":"6.1.8-rt5"}',
    '{"type":"iteration_start","uptime":2,"iteration":1}',
    '{"type":"heartbeat","uptime":3,"iteration":1,"debug_locks":1,"dl_tasks":4,"dl_exits":2}',
    '[    3.1] a line of the kernel that lost its way',
    '{"type":"heartbeat","uptime":4,"iteration":1,"debug_locks":1,"dl_tasks":9,"dl_exits":5}',
    '{"type":"heartbeat","uptime":9,"iteration":1,"debug_locks":0,"dl_tasks":0,"dl_exits":12}',
    '{"type":"error","uptime":9.5,"what":"no memory"}',
    '{"type":"heartbeat","upti',
];

test('heartbeats_are_read_and_everything_else_left_out', () => {
    const harness = parse_harness(k_lines.join('\r\n'));
    expect(harness.beats.map((beat) => beat.uptime)).toEqual([3, 4, 9]);
    expect(harness.iterations).toEqual([2]);
    expect(harness.errors).toEqual(['no memory']);
});

test('the_summary_says_what_the_beats_show', () => {
    expect(summary_of(parse_harness(k_lines.join('\n')).beats)).toEqual({
        seconds: 6,
        exits: 10,
        most_tasks: 9,
        lockdep_off_at: 9,
        lockdep_known: true,
        longest_gap: 5,
    });
});

test('a_kernel_that_counts_nothing_has_no_counts', () => {
    const beats = parse_harness('{"type":"heartbeat","uptime":3,"dl_tasks":null}').beats;
    expect(summary_of(beats)).toMatchObject({
        exits: null,
        most_tasks: null,
        lockdep_known: false,
    });
});

describe.each([
    '',
    'null',
    '{}',
    '{"type":"heartbeat"}',
    '{"type":"heartbeat","uptime":"x"}',
    '[1,2]',
])('a line "%s"', (line) =>
    test('is no heartbeat', () => expect(parse_harness(line).beats).toEqual([])),
);

test('a_path_goes_in_steps_from_the_left_to_the_right', () => {
    const path = step_path(
        [
            [10, 0],
            [15, 2],
            [20, 4],
        ],
        { from: 10, to: 20 },
        { width: 100, height: 40 },
    );
    expect(path).toBe('M0.0 40.0H50.0V20.0H100.0V0.0');
});

test('nothing_is_drawn_of_nothing', () => {
    const box = { width: 100, height: 40 };
    expect(step_path([], { from: 0, to: 1 }, box)).toBe('');
    expect(step_path([[0, 0], [1, 0]], { from: 0, to: 1 }, box)).toBe(''); // prettier-ignore
});
