// SPDX-License-Identifier: Apache-2.0
// What only lockdep prints: the scenario, where a lock got its states, the interrupt events.

import { grouped } from '../format';
import { state_meaning } from '../locks';
import type { LockdepDetail, ScenarioStep } from '../model';
import { Cycle } from './cycle';
import { FrameText, Trace } from './frames';
import { Shown } from './text';

function Scenario({ steps }: { steps: ScenarioStep[] }) {
    if (steps.length === 0) return null;
    const cpus = Math.max(...steps.map((step) => step.cpu)) + 1;
    return (
        <section id="scenario">
            <h2>How it may lock up</h2>
            <div class="scroll" tabIndex={0} role="region" aria-label="Scenario">
                <table class="scenario small">
                    <thead>
                        <tr>
                            <th>step</th>
                            {Array.from({ length: cpus }, (_, cpu) => (
                                <th key={cpu}>CPU {cpu}</th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {steps.map((step, i) => (
                            <tr key={i}>
                                <td class="num dim">{i + 1}</td>
                                {Array.from({ length: cpus }, (_, cpu) => (
                                    <td key={cpu}>
                                        {cpu === step.cpu ? (
                                            <code>
                                                <Shown text={step.action} />
                                            </code>
                                        ) : null}
                                    </td>
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </section>
    );
}

function Origins({ locking }: { locking: LockdepDetail }) {
    if (locking.origins.length === 0 && !locking.was_used) return null;
    return (
        <section>
            <h2>Where the states come from</h2>
            {locking.was_used ? (
                <p class="small">
                    The lock was used as{' '}
                    <code>
                        <Shown text={locking.was_used} />
                    </code>{' '}
                    ({state_meaning(locking.was_used)}), and now is as{' '}
                    <code>
                        <Shown text={locking.is_used} />
                    </code>{' '}
                    ({state_meaning(locking.is_used)}).
                </p>
            ) : null}
            <ul class="edges small">
                {locking.origins.map((origin, i) => (
                    <li key={i} id={`origin-${i}`}>
                        <details>
                            <summary>
                                <code>
                                    <Shown text={origin.state} />
                                </code>{' '}
                                {origin.lock ? (
                                    <>
                                        of{' '}
                                        <code>
                                            <Shown text={origin.lock} />
                                        </code>
                                    </>
                                ) : null}{' '}
                                <span class="dim">{state_meaning(origin.state)}</span>
                            </summary>
                            <Trace frames={origin.frames} culprit="" />
                        </details>
                    </li>
                ))}
            </ul>
        </section>
    );
}

function IrqEvents({ locking }: { locking: LockdepDetail }) {
    if (locking.irq_events.length === 0) return null;
    return (
        <section id="irq">
            <h2>Interrupts, last time</h2>
            <dl class="facts small">
                {locking.irq_events.map((event) => (
                    <div key={event.what}>
                        <dt>{event.what}</dt>
                        <dd>
                            <span class="dim num">at event {grouped(event.stamp)}</span>{' '}
                            {event.at ? (
                                <code>
                                    <FrameText frame={event.at} />
                                </code>
                            ) : null}
                        </dd>
                    </div>
                ))}
            </dl>
        </section>
    );
}

export function Locking({ locking }: { locking: LockdepDetail }) {
    return (
        <>
            <Cycle chain={locking.chain} />
            <Scenario steps={locking.scenario} />
            <Origins locking={locking} />
            <IrqEvents locking={locking} />
        </>
    );
}
