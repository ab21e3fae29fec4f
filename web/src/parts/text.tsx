// SPDX-License-Identifier: Apache-2.0
// Foreign text, times, and text to copy.

import { useEffect, useState } from 'preact/hooks';

import { pieces } from '../display';
import { ago, local_time } from '../format';

// Text from a mail, a guest or a kernel: text nodes only, hidden characters given a shape.
export function Shown({ text }: { text: string }) {
    return (
        <bdi>
            {pieces(text).map((piece, i) =>
                piece.control ? (
                    <span key={i} class="ctl">
                        {piece.text}
                    </span>
                ) : (
                    piece.text
                ),
            )}
        </bdi>
    );
}

// A title, broken between its words only: "&rq->lock" stays in one piece where it fits a line.
export function Title({ text }: { text: string }) {
    return (
        <>
            {text.split(/(\s+)/).map((word, i) =>
                i % 2 === 1 ? (
                    ' '
                ) : (
                    <span key={i} class="word">
                        <Shown text={word} />
                    </span>
                ),
            )}
        </>
    );
}

// The same for several lines in a fixed-width box.
export function Raw({ text, label }: { text: string; label: string }) {
    return (
        <pre class="raw" tabIndex={0} role="region" aria-label={label}>
            {text
                .replace(/\n$/, '')
                .split('\n')
                .map((line, i) => (
                    <>
                        {i > 0 ? '\n' : null}
                        <Shown text={line} />
                    </>
                ))}
        </pre>
    );
}

function use_now(every_ms: number): number {
    const [now, set_now] = useState(Date.now());
    useEffect(() => {
        const timer = window.setInterval(() => set_now(Date.now()), every_ms);
        return () => window.clearInterval(timer);
    }, [every_ms]);
    return now;
}

export function Ago({ at }: { at: string }) {
    const now = use_now(10000);
    return (
        <time dateTime={at} title={`${local_time(at)} (${at})`}>
            {ago(at, now)}
        </time>
    );
}

export function Clock({ at }: { at: string }) {
    return (
        <time dateTime={at} title={at}>
            {local_time(at)}
        </time>
    );
}

// A command, with a button that copies it.
export function Command({ text }: { text: string }) {
    const [said, set_said] = useState('');
    const copy = () => {
        navigator.clipboard.writeText(text).then(
            () => set_said('copied'),
            () => set_said('not allowed: select the text'),
        );
        window.setTimeout(() => set_said(''), 2000);
    };
    return (
        <div class="command">
            <pre class="raw" tabIndex={0}>
                <Shown text={text} />
            </pre>
            <button type="button" class="quiet" onClick={copy}>
                <span aria-live="polite">{said || 'copy'}</span>
            </button>
        </div>
    );
}
