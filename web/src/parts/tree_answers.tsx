// SPDX-License-Identifier: Apache-2.0
// Which trees take a patch, and in which direction.

import type { TreeAnswer } from '../model';
import { answer_words, in_order } from '../tree_words';
import { Shown } from './text';

function Answer({ answer, chosen }: { answer: TreeAnswer; chosen: boolean }) {
    // "not fetched yet" says it all.
    const why = answer.state === 'refuses' || answer.state === 'failed' ? answer.why : '';
    return (
        <li class={`answer-${answer.state}`}>
            <code>
                <Shown text={answer.tree} />
            </code>{' '}
            {chosen ? <span class="pill">chosen</span> : null}{' '}
            <span class={answer.state === 'takes' ? '' : 'dim'}>{answer_words(answer)}</span>
            {why ? (
                <details>
                    <summary>why</summary>
                    <p class="dim">
                        <Shown text={why} />
                    </p>
                </details>
            ) : null}
        </li>
    );
}

export function TreeAnswers({ answers, chosen }: { answers: TreeAnswer[]; chosen: string }) {
    return (
        <ul class="plain trees small">
            {in_order(answers).map((answer) => (
                <Answer key={answer.tree} answer={answer} chosen={answer.tree === chosen} />
            ))}
        </ul>
    );
}
