// SPDX-License-Identifier: Apache-2.0
// When the bug hit: the trials of both arms on one line of time.

import { useEffect, useState } from 'preact/hooks';

import { duration } from '../format';
import type { Trial } from '../model';
import type { Span } from '../time_lanes';
import { time_lanes } from '../time_lanes';
import { outcome_look, outcome_words } from './verdict';

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

function Block({ span, seconds }: { span: Span; seconds: number }) {
    const { trial } = span;
    const look = outcome_look(trial);
    const hit = trial.outcome?.kind === 'hit';
    const words = `trial ${trial.number}, ${outcome_words(trial)}, from ${duration(span.from * seconds)} to ${duration(span.to * seconds)}`;
    return (
        <a
            class={`span tone-${look.tone}`}
            href={`/trials/${trial.id}/console`}
            title={hit ? `${words}: hit ${span.hits}` : words}
            aria-label={`${hit ? `hit ${span.hits}, ` : ''}${trial.arm} ${words}: console`}
            style={{ left: percent(span.from), width: percent(span.to - span.from) }}
        >
            {hit ? span.hits : ''}
        </a>
    );
}

// While trials run the last one grows.
function use_now(running: 'running' | 'still'): number {
    const [now, set_now] = useState(Date.now());
    useEffect(() => {
        if (running === 'still') return undefined;
        const timer = window.setInterval(() => set_now(Date.now()), 1000);
        return () => window.clearInterval(timer);
    }, [running]);
    return now;
}

export function HitsOverTime({ trials }: { trials: Trial[] }) {
    const running = trials.some((trial) => trial.ended_at === null);
    const now = use_now(running ? 'running' : 'still');
    const lanes = time_lanes(trials, now);
    if (!lanes) return null;
    return (
        <section aria-labelledby="over-time">
            <h2 id="over-time">Hits over time</h2>
            <div class="lanes">
                {lanes.arms.map(({ arm, spans }) => (
                    <div key={arm} class="lane-row">
                        <span class="small dim">{arm}</span>
                        <div class="lane">
                            {spans.map((span) => (
                                <Block key={span.trial.id} span={span} seconds={lanes.seconds} />
                            ))}
                        </div>
                    </div>
                ))}
                <div class="lane-row ticks small dim num" aria-hidden="true">
                    <span />
                    <div>
                        <span>0 s</span>
                        <span>{duration(lanes.seconds / 2)}</span>
                        <span>{duration(lanes.seconds)}</span>
                    </div>
                </div>
            </div>
            <p class="note">
                A numbered block is a trial that ended with that hit of its arm; each opens its
                console.
            </p>
        </section>
    );
}
