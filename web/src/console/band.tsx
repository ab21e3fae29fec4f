// SPDX-License-Identifier: Apache-2.0
// The heartbeats of a trial as a band: deadline tasks, their exits, the iterations, and whether
// lockdep was alive.

import { k_api, request } from '../api';
import { duration, grouped, plural } from '../format';
import type { Trial } from '../model';
import { Shown } from '../parts/text';
import { use_resource } from '../resource';
import type { Harness } from './heartbeats';
import { parse_harness, step_path, summary_of } from './heartbeats';
import type { Mark } from './marks';

const k_box = { width: 1000, height: 40 };
const k_most_bytes = 4 << 20;
const k_poll_ms = 3000;

// A trial without a harness's line is no error here: its outcome says why.
async function get_harness(trial: number, signal: AbortSignal): Promise<Harness> {
    const response = await request(`${k_api}/trials/${trial}/harness`, { signal });
    if (!response.ok) return parse_harness('');
    return parse_harness((await response.text()).slice(0, k_most_bytes));
}

function words_of({ beats, iterations }: Harness): string {
    const summary = summary_of(beats);
    const parts = [`${plural(beats.length, 'heartbeat')} over ${duration(summary.seconds)}`];
    if (iterations.length > 0) parts.push(plural(iterations.length, 'iteration'));
    if (summary.exits !== null) parts.push(plural(summary.exits, 'deadline-task exit'));
    if (summary.most_tasks !== null)
        parts.push(`${grouped(summary.most_tasks)} such tasks at most`);
    if (summary.lockdep_off_at !== null)
        parts.push(`lockdep off from ${duration(summary.lockdep_off_at)} on`);
    else if (summary.lockdep_known) parts.push('lockdep alive throughout');
    if (summary.longest_gap > 3) parts.push(`silent for ${duration(summary.longest_gap)} once`);
    return parts.join(', ');
}

// What lies below a line.
function area(path: string): string {
    return path === '' ? '' : `${path}V${k_box.height}H0Z`;
}

function Drawing({ harness, marks }: { harness: Harness; marks: Mark[] }) {
    const { beats, iterations } = harness;
    const span = { from: beats[0]?.uptime ?? 0, to: beats.at(-1)?.uptime ?? 0 };
    const x = (at: number) => ((at - span.from) / (span.to - span.from)) * k_box.width;
    const off_at = summary_of(beats).lockdep_off_at;
    const points = (name: 'dl_tasks' | 'dl_exits') =>
        beats.flatMap((beat): [number, number][] => {
            const value = beat[name];
            return value === null ? [] : [[beat.uptime, value]];
        });
    const within = (at: number | null): at is number =>
        at !== null && at >= span.from && at <= span.to;
    return (
        <svg
            class="band"
            viewBox={`0 0 ${k_box.width} ${k_box.height + 6}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={words_of(harness)}
        >
            {iterations.filter(within).map((at) => (
                <line key={at} class="iteration" x1={x(at)} x2={x(at)} y1="0" y2={k_box.height} />
            ))}
            <path class="tasks" d={area(step_path(points('dl_tasks'), span, k_box))} />
            <path class="exits" d={step_path(points('dl_exits'), span, k_box)} />
            <rect class="alive" x="0" y={k_box.height + 2} height="4" width={k_box.width} />
            {off_at !== null ? (
                <rect
                    class="blind"
                    x={x(off_at)}
                    y={k_box.height + 2}
                    height="4"
                    width={k_box.width - x(off_at)}
                />
            ) : null}
            {marks.map(({ report, uptime }) =>
                within(uptime) ? (
                    <line
                        key={report}
                        class="splat"
                        x1={x(uptime)}
                        x2={x(uptime)}
                        y1="0"
                        y2={k_box.height + 6}
                    />
                ) : null,
            )}
        </svg>
    );
}

export function HeartbeatBand({ trial, marks }: { trial: Trial; marks: Mark[] }) {
    const running = trial.ended_at === null;
    const harness = use_resource(
        `harness ${trial.id} ${running ? 'live' : 'ended'}`,
        (signal) => get_harness(trial.id, signal),
        running ? k_poll_ms : 0,
    ).data;
    // The place is kept while the beats are loaded, so that the console below does not jump.
    const drawn = harness !== null && harness.beats.length >= 2;
    if (harness && !drawn && !running)
        return <p class="heartbeats small dim">No heartbeats of the guest.</p>;
    return (
        <details class="heartbeats small" open={matchMedia('(min-width: 48rem)').matches}>
            <summary>{drawn ? words_of(harness) : 'Heartbeats …'}</summary>
            {drawn ? <Drawing harness={harness} marks={marks} /> : <div class="band" />}
            <p class="legend dim">
                <span class="key tasks">deadline tasks</span>
                <span class="key exits">their exits</span>
                <span class="key alive">lockdep alive</span>
                <span class="key splat">report</span>
                <span>thin lines: iterations</span>
            </p>
            {harness?.errors.map((error) => (
                <p key={error} class="fault">
                    <Shown text={error} />
                </p>
            ))}
        </details>
    );
}
