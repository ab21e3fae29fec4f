// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import type { Submission } from '../src/api';
import type { TreeAnswer } from '../src/model';
import { answer_words, in_order, is_trying, tried_answer } from '../src/tree_words';
import { preview_parameters } from '../src/use_preview';

function answer(tree: string, state: TreeAnswer['state'], direction: TreeAnswer['direction']) {
    return { tree, state, direction, why: '' };
}

const k_answers: TreeAnswer[] = [
    answer('far', 'not_fetched', null),
    answer('no', 'refuses', null),
    answer('has-it', 'takes', 'reverse'),
    answer('busy', 'trying', null),
    answer('yes', 'takes', 'forward'),
    answer('broken', 'failed', null),
];

describe('what trees say to a patch', () => {
    test('is listed with those that take it first', () =>
        expect(in_order(k_answers).map(({ tree }) => tree)).toEqual([
            'yes',
            'has-it',
            'busy',
            'no',
            'broken',
            'far',
        ]));
    test('tells both directions, and no from not known', () => {
        const words = k_answers.map(answer_words);
        expect(new Set(words).size).toBe(words.length);
        expect(words[0]).toContain('not fetched yet');
        expect(words[2]).toContain('already');
        expect(words[4]).toContain('as it is');
    });
    test('is asked for again while one is tried', () => {
        expect(is_trying(k_answers)).toBe(true);
        expect(is_trying(k_answers.filter(({ state }) => state !== 'trying'))).toBe(false);
    });
});

test('a tree that a job has tried took the patch, or did not', () => {
    const tried = (direction: 'reverse' | null) =>
        tried_answer({ tree: 't', direction, why: direction ? '' : 'a hunk' });
    expect(tried('reverse')).toMatchObject({ state: 'takes', direction: 'reverse' });
    expect(tried(null)).toMatchObject({ state: 'refuses', why: 'a hunk' });
});

describe('a preview is asked for', () => {
    const form: Submission = {
        mail: 'a mail',
        mail_form: 'text',
        commit: '',
        tree: 'a-tree',
        profile: 'rt-lockdep',
        workload: 'auto',
        confidence: '0.99',
        minutes: '10',
        trials: '60',
        warm_start: true,
    };
    const asked = (part: Partial<Submission>) =>
        Object.fromEntries(new URLSearchParams(preview_parameters({ ...form, ...part })));
    test('with what the estimate rests on', () =>
        expect(asked({})).toEqual({
            tree: 'a-tree',
            profile: 'rt-lockdep',
            workload: 'auto',
            confidence: '0.99',
            wall_s: '600',
        }));
    test.each(['', '0', '-1', 'x', '99999999'])('without a budget of %j minutes', (minutes) =>
        expect(asked({ minutes })).not.toHaveProperty('wall_s'),
    );
    test('without names that are still empty', () =>
        expect(Object.keys(asked({ tree: '', profile: '' }))).toEqual([
            'workload',
            'confidence',
            'wall_s',
        ]));
});
