// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import type { Problem } from '../src/api';
import { mark_at, neighbour } from '../src/console/marks';
import { total_of } from '../src/console/range';
import { extended, parse_selection, selection_hash } from '../src/console/selection';
import { alpha_of_attempt, exposure_factor, hits_needed } from '../src/evidence';
import { field_of } from '../src/fault';
import { parse_event } from '../src/live';
import type { Build, Job, Lock, StoredReport } from '../src/model';
import { state_meaning, told_usages, usage_meaning, wait_pair } from '../src/locks';
import {
    advanced,
    build_words,
    built_words,
    k_no_progress,
    trials_left_words,
} from '../src/progress';
import { quoted } from '../src/repeat';
import { group_reports } from '../src/report_groups';
import { parse_route } from '../src/router';

describe('a path names a page', () => {
    test.each([
        ['/', { page: 'jobs' }],
        ['/jobs', { page: 'jobs' }],
        ['/jobs/', { page: 'jobs' }],
        ['/submit', { page: 'submit' }],
        ['/host', { page: 'host' }],
        ['/jobs/7', { page: 'job', id: 7 }],
        ['/reports/12', { page: 'report', id: 12 }],
        ['/trials/31/console', { page: 'console', trial: 31 }],
        ['/jobs/0', { page: 'lost', path: '/jobs/0' }],
        ['/jobs/7x', { page: 'lost', path: '/jobs/7x' }],
        ['/jobs/99999999999999999999', { page: 'lost', path: '/jobs/99999999999999999999' }],
        ['/trials/31', { page: 'lost', path: '/trials/31' }],
        ['/jobs/7/more', { page: 'lost', path: '/jobs/7/more' }],
    ])('%s', (path, route) => expect(parse_route(path)).toEqual(route));
});

describe('a permalink names lines', () => {
    test.each([
        ['#L120', { first: 120, last: 120 }],
        ['#L120-L140', { first: 120, last: 140 }],
        ['#L140-L120', { first: 120, last: 140 }],
        ['#L0', null],
        ['', null],
        ['#L1-2', null],
        ['#L1-L2x', null],
    ])('%s', (hash, selection) => expect(parse_selection(hash)).toEqual(selection));
    test('and is written as it is read', () => {
        for (const hash of ['#L1', '#L3-L9']) {
            const selection = parse_selection(hash);
            expect(selection && selection_hash(selection)).toBe(hash);
        }
    });
    test('and is extended in both directions', () => {
        expect(extended({ first: 5, last: 6 }, 9)).toEqual({ first: 5, last: 9 });
        expect(extended({ first: 5, last: 6 }, 2)).toEqual({ first: 2, last: 5 });
        expect(extended(null, 4)).toEqual({ first: 4, last: 4 });
    });
});

test.each([
    ['bytes 0-99/1234', 1234],
    ['bytes */0', 0],
    ['bytes 0-9/*', null],
    ['pages 0-9/10', null],
    [null, null],
])('the total of content-range %s is %s', (header, total) => expect(total_of(header)).toBe(total));

describe('jumping between lines', () => {
    const lines = [10, 20, 30];
    test.each([
        [0, 1, 10],
        [10, 1, 20],
        [15, 1, 20],
        [30, 1, 10],
        [10, -1, 30],
        [25, -1, 20],
        [99, -1, 30],
    ] as const)('from %i by %i to %i', (from, direction, to) =>
        expect(neighbour(lines, from, direction)).toBe(to),
    );
    test('nowhere when there is nothing', () => expect(neighbour([], 5, 1)).toBe(0));
    test('a mark covers its lines', () => {
        const mark = { first: 3, last: 5, report: 1, title: '', target: true, uptime: null };
        expect([2, 3, 5, 6].map((line) => mark_at([mark], line) !== null)).toEqual([
            false,
            true,
            true,
            false,
        ]);
    });
});

describe('the stopping rule', () => {
    test.each([
        [0.9, 3],
        [0.95, 3],
        [0.99, 5],
        [0.51, 1],
    ])('asks at %f for %i hits', (confidence, k) => expect(hits_needed(confidence)).toBe(k));
    test('asks for 1.71 times the exposure of three hits at 95 %', () =>
        expect(exposure_factor(alpha_of_attempt(0.95, 'amplified'), 3)).toBeCloseTo(1.7144, 4));
    test('halves alpha for two attempts', () =>
        expect(alpha_of_attempt(0.95, 'auto')).toBeCloseTo(0.025, 12));
});

describe('lockdep shorthand', () => {
    test('only the states that say something are told, in words', () => {
        const states = [
            { state: 'hardirq', in_context: false, while_enabled: true },
            { state: 'hardirq-read', in_context: false, while_enabled: false },
            { state: 'softirq', in_context: true, while_enabled: true },
        ];
        const told = told_usages({ usage_states: states } as Lock);
        expect(told.map((usage) => `${usage.state}: ${usage_meaning(usage)}`)).toEqual([
            'hardirq: with it enabled',
            'softirq: inside it, and also with it enabled',
        ]);
    });
    test.each([
        ['SOFTIRQ-ON-W', 'taken while a soft interrupt could come'],
        ['IN-HARDIRQ-R', 'taken inside a hard interrupt, for reading'],
        ['HARDIRQ-irq-safe', 'taken inside a hard interrupt'],
        ['HARDIRQ-irq-unsafe', 'taken while a hard interrupt could come'],
        ['INITIAL USE', 'used for the first time'],
    ])('%s is %s', (state, words) => expect(state_meaning(state)).toBe(words));
    test('wait types are written as lockdep does', () => {
        const two = { value: 2, name: 'spin' };
        expect([wait_pair(two, two), wait_pair(null, two), wait_pair(null, null)]).toEqual([
            '{2:2}',
            '{2}',
            '',
        ]);
    });
});

test.each([
    ['field tree', 'tree'],
    ['parameter workload', 'workload'],
    ['field confidence', 'confidence'],
    ['field budget.wall_s', 'minutes'],
    ['field budget.trials', 'trials'],
    ['field mail', 'mail'],
    ['hunk 3 of kernel/fork.c', 'mail'],
    ['', 'mail'],
])('a problem at "%s" belongs to the field %s', (where, field) => {
    const problem: Problem = { title: '', detail: '', status: 400, where, hint: '' };
    expect(field_of(problem)).toBe(field);
});

describe('a kernel says what was compiled for it', () => {
    const build = (part: object) =>
        built_words({
            objects: 42,
            skipped: 0,
            wall_s: 40,
            cached: false,
            audit: '',
            ...part,
        } as unknown as Build);
    test.each([
        [{ cached: true }, 'from the cache'],
        [{}, '42\u00a0objects in 40\u00a0s'],
        [
            { skipped: 619 },
            '42 of 661\u00a0objects in 40\u00a0s: the patch does not reach the others',
        ],
    ])('%j', (part, words) => expect(build(part)).toBe(words));
    test('and what an audit found', () => {
        expect(build({ skipped: 1, audit: 'clean' })).toContain('are the same');
        expect(build({ skipped: 1, audit: 'mismatch' })).toContain('another');
    });
});

describe('events', () => {
    const event = (type: string, data: object) =>
        parse_event(
            type,
            JSON.stringify({ seq: 7, job: 1, at: '2026-01-01T00:00:00Z', type, data }),
        );
    test('are read from the stream', () =>
        expect(event('log', { text: 'x' })).toEqual({
            seq: 7,
            job: 1,
            at: '2026-01-01T00:00:00Z',
            type: 'log',
            data: { text: 'x' },
        }));
    test.each(['', 'null', '[1]', '"x"', '{broken', '{}', '{"seq":1}', '{"seq":"a","data":{}}'])(
        'that are none are dropped: %s',
        (text) => expect(parse_event('log', text)).toBeNull(),
    );
    test('advance the progress', () => {
        const all = [
            event('stage', { stage: 'building' }),
            event('build', { arm: 'patched', step: 'compiling', objects: 12, expected: 34 }),
            event('build', { arm: 'nobody', step: 'x' }),
            event('heartbeat', {
                trial: 3,
                uptime: 4.5,
                iteration: 2,
                exposure: 8,
                debug_locks: 1,
            }),
            event('heartbeat', { nonsense: true }),
            event('heartbeat', { trial: 3, uptime: 6, left_s: 200 }),
            event('trial', { state: 'ended' }),
            event('log', { text: 'hello' }),
        ].flatMap((one) => one ?? []);
        const progress = all.reduce(advanced, k_no_progress);
        expect(progress.stages.building).toBe('2026-01-01T00:00:00Z');
        expect(progress.builds.patched && build_words(progress.builds.patched)).toBe(
            'compiling: 12 of 34 objects',
        );
        expect(all.slice(0, 5).reduce(advanced, k_no_progress).heartbeat).toEqual({
            trial: 3,
            uptime: 4.5,
            iteration: 2,
            exposure: 8,
            debug_locks: 1,
        });
        expect(progress.heartbeat).toBeNull();
        expect(progress.left_s).toBe(200);
        expect(progress.log.map((line) => line.text)).toEqual(['hello']);
        expect(all.reduce(advanced, progress).log).toHaveLength(1);
    });
    test('say how long a build may still take', () => {
        const told = event('build', {
            arm: 'patched',
            step: 'compiling',
            objects: 12,
            expected: 34,
            left_s: 130,
        });
        const { patched } = (told ? advanced(k_no_progress, told) : k_no_progress).builds;
        expect(patched && build_words(patched)).toBe(
            'compiling: 12 of 34 objects, about 2\u00a0min left',
        );
    });
    test('say how long the trials may take, by the budget where nothing else tells', () => {
        const job = {
            arms: { unpatched: { counts: { wall_s: 300 } }, patched: { counts: { wall_s: 0 } } },
            spec: { budget: { wall_s: 3600 } },
        } as unknown as Job;
        expect(trials_left_words(200, job)).toBe('about 3\u00a0min left');
        expect(trials_left_words(null, job)).toBe('at most 55\u00a0min 00\u00a0s left');
        expect(
            trials_left_words(null, { ...job, spec: { budget: { wall_s: 1 } } } as unknown as Job),
        ).toBe('');
    });
});

test.each([
    ['debian-6.1.8-rt5', 'debian-6.1.8-rt5'],
    ['a b', "'a b'"],
    ['$(reboot)', "'$(reboot)'"],
    ["it's", "'it'\\''s'"],
    ['', "''"],
    ['x\ny', "'x\ny'"],
])('a word of a shell: %s', (text, word) => expect(quoted(text)).toBe(word));

test('reports_of_one_bug_and_arm_are_one_group_and_targets_come_first', () => {
    const stored = (id: number, title: string, arm: string, target: boolean) =>
        ({
            id,
            arm,
            target,
            matches_expected: target,
            report: { title, signature: title },
        }) as StoredReport;
    const groups = group_reports([
        stored(1, 'other', 'patched', false),
        stored(2, 'bug', 'unpatched', true),
        stored(3, 'bug', 'unpatched', true),
        stored(4, 'bug', 'patched', true),
    ]);
    expect(groups.map((group) => group.reports.map((report) => report.id))).toEqual([
        [2, 3],
        [4],
        [1],
    ]);
});
