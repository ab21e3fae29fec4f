// SPDX-License-Identifier: Apache-2.0
// What trees say to a patch, in words.

import type { TreeAnswer, TreeTry } from './model';

export function is_trying(answers: TreeAnswer[]): boolean {
    return answers.some(({ state }) => state === 'trying');
}

export function answer_words({ state, direction }: TreeAnswer): string {
    switch (state) {
        case 'takes':
            return direction === 'reverse'
                ? 'has it already: the unpatched kernel is the tree with the patch taken out'
                : 'takes it as it is';
        case 'refuses':
            return 'does not take it, neither forward nor in reverse';
        case 'trying':
            return 'being tried …';
        case 'not_fetched':
            return 'not fetched yet: it is not known whether it takes it';
        case 'failed':
            return 'could not be tried';
    }
}

const k_order = ['takes', 'trying', 'refuses', 'failed', 'not_fetched'];

// Those that take it first, as they are before in reverse; else as the daemon lists them.
export function in_order(answers: TreeAnswer[]): TreeAnswer[] {
    const rank = (answer: TreeAnswer) =>
        k_order.indexOf(answer.state) * 2 + (answer.direction === 'reverse' ? 1 : 0);
    return [...answers].sort((a, b) => rank(a) - rank(b));
}

// What a tree said when its job began: then it was fetched for it.
export function tried_answer({ tree, direction, why }: TreeTry): TreeAnswer {
    return { tree, state: direction === null ? 'refuses' : 'takes', direction, why };
}
