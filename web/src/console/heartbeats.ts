// SPDX-License-Identifier: Apache-2.0
// The harness's heartbeats: what the guest said of itself on its second serial line, and the shape
// in which it is drawn.

export interface Beat {
    uptime: number; // guest seconds
    iteration: number;
    debug_locks: number | null; // 1 alive, 0 off
    dl_tasks: number | null; // deadline tasks now
    dl_exits: number | null; // since boot
}

export interface Harness {
    beats: Beat[];
    iterations: number[]; // when each began
    errors: string[];
}

const k_most_beats = 20000;

function number_or_null(value: unknown): number | null {
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function object_in(line: string): Record<string, unknown> | null {
    if (!line.startsWith('{')) return null;
    try {
        const value: unknown = JSON.parse(line);
        return typeof value === 'object' ? (value as Record<string, unknown>) : null;
    } catch {
        return null; // cut off, or not the harness's
    }
}

// One JSON object a line; whatever else stands there is left out.
export function parse_harness(text: string): Harness {
    const harness: Harness = { beats: [], iterations: [], errors: [] };
    for (const line of text.split(/\r?\n/)) {
        const event = object_in(line);
        const uptime = number_or_null(event?.['uptime']);
        if (!event || uptime === null || harness.beats.length >= k_most_beats) continue;
        if (event['type'] === 'iteration_start') harness.iterations.push(uptime);
        if (event['type'] === 'error') harness.errors.push(String(event['what'] ?? ''));
        if (event['type'] !== 'heartbeat') continue;
        harness.beats.push({
            uptime,
            iteration: number_or_null(event['iteration']) ?? 0,
            debug_locks: number_or_null(event['debug_locks']),
            dl_tasks: number_or_null(event['dl_tasks']),
            dl_exits: number_or_null(event['dl_exits']),
        });
    }
    return harness;
}

export interface Summary {
    seconds: number;
    exits: number | null;
    most_tasks: number | null;
    lockdep_off_at: number | null; // uptime; null: alive to the end, or not known
    lockdep_known: boolean;
    longest_gap: number; // seconds between two beats
}

export function summary_of(beats: Beat[]): Summary {
    const exits = beats.flatMap((beat) => beat.dl_exits ?? []);
    const tasks = beats.flatMap((beat) => beat.dl_tasks ?? []);
    const gaps = beats.slice(1).map((beat, i) => beat.uptime - (beats[i]?.uptime ?? 0));
    return {
        seconds: (beats.at(-1)?.uptime ?? 0) - (beats[0]?.uptime ?? 0),
        exits: exits.length > 0 ? (exits.at(-1) ?? 0) - (exits[0] ?? 0) : null,
        most_tasks: tasks.length > 0 ? tasks.reduce((a, b) => Math.max(a, b)) : null,
        lockdep_off_at: beats.find((beat) => beat.debug_locks === 0)?.uptime ?? null,
        lockdep_known: beats.some((beat) => beat.debug_locks !== null),
        longest_gap: gaps.reduce((a, b) => Math.max(a, b), 0),
    };
}

// A line through the values as an SVG path in a box of width x height; steps, since the values are
// counts. Empty when there is nothing to draw.
export function step_path(
    points: [at: number, value: number][],
    span: { from: number; to: number },
    box: { width: number; height: number },
): string {
    const most = points.reduce((a, [, value]) => Math.max(a, value), 0);
    if (points.length < 2 || most <= 0 || span.to <= span.from) return '';
    const x = (at: number) => (((at - span.from) / (span.to - span.from)) * box.width).toFixed(1);
    const y = (value: number) => (box.height - (value / most) * box.height).toFixed(1);
    return points
        .map(([at, value], i) => (i === 0 ? `M${x(at)} ${y(value)}` : `H${x(at)}V${y(value)}`))
        .join('');
}
