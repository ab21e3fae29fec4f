// SPDX-License-Identifier: Apache-2.0
// Which field of a report each line of its text became, so that the two can be linked.

import type { Frame, Lock, Report } from './model';

// The ids of the fields on the page: "title", "context", "frame-3", "lock-0", "held-1", "link-2",
// "origin-0", "scenario", "irq".
export type FieldId = string;

type Section = 'head' | 'link' | 'origin' | 'scenario' | 'held' | 'trace';

interface State {
    section: Section;
    link: FieldId; // while in a chain's entry, or the origin of a state
    frame: number; // the next frame of the call trace
    lock: number;
    held: number;
    origin: number;
}

const k_symbol = /([\w.$]+)\+0x([0-9a-f]+)\/0x[0-9a-f]+/;
const k_context =
    /^\s*(CPU: \d|Hardware name:|context-\{|in_atomic\(\)|preempt_count|RCU nest|Preemption disabled at|Tainted:)/;
const k_irq = /^\s*(irq event stamp:|(hard|soft)irqs last)/;

function names_frame(line: string, frame: Frame): boolean {
    const found = k_symbol.exec(line);
    return found?.[1] === frame.function && parseInt(found[2] ?? '', 16) === frame.offset;
}

// Lines of the text that are no frame lie between; frames that the text has not are skipped.
function frame_at(line: string, frames: Frame[], from: number): number {
    const reach = Math.min(frames.length, from + 4);
    for (let i = from; i < reach; ++i) {
        const frame = frames[i];
        if (frame && names_frame(line, frame)) return i;
    }
    return -1;
}

function lock_at(line: string, locks: Lock[], from: number): number {
    return locks.findIndex(
        (lock, i) => i >= from && lock.printed !== '' && line.includes(lock.printed),
    );
}

function begins_section(line: string, state: State): FieldId | null {
    const link = /^\s*-> #(\d+)/.exec(line);
    if (link) {
        state.section = 'link';
        state.link = `link-${link[1]}`;
        return state.link;
    }
    if (/\} state was registered at:|which became .* at:|\bUSE\b.* at:/.test(line)) {
        state.section = 'origin';
        state.link = `origin-${state.origin++}`;
        return state.link;
    }
    if (/Possible (unsafe locking|interrupt unsafe locking) scenario/.test(line)) {
        state.section = 'scenario';
        return 'scenario';
    }
    if (/locks? held by |no locks held by /.test(line)) {
        state.section = 'held';
        return 'held';
    }
    if (/^\s*(Call Trace:|stack backtrace:)/.test(line)) {
        state.section = 'trace';
        return 'trace';
    }
    return null;
}

function inside(line: string, state: State, report: Report): FieldId | null {
    if (state.section === 'scenario') {
        if (line.includes('*** DEADLOCK')) state.section = 'head';
        return line.trim() === '' ? null : 'scenario';
    }
    if (state.section === 'link' || state.section === 'origin') {
        if (k_symbol.test(line)) return state.link;
        state.section = line.trim() === '' ? 'head' : state.section;
    }
    if (state.section === 'held' && /^\s*#\d+:/.test(line)) {
        const at = lock_at(line, report.held, state.held);
        if (at < 0) return 'held';
        state.held = at + 1;
        return `held-${at}`;
    }
    if (state.section === 'head') {
        const at = lock_at(line, report.locks, state.lock);
        if (at >= 0) {
            state.lock = at + 1;
            return `lock-${at}`;
        }
    }
    if (state.section !== 'trace') return null;
    const at = frame_at(line, report.frames, state.frame);
    if (at < 0) return null;
    state.frame = at + 1;
    return `frame-${at}`;
}

// One entry a line of the text; null where the page shows nothing of it.
export function fields_of_lines(report: Report): (FieldId | null)[] {
    const state: State = { section: 'head', link: '', frame: 0, lock: 0, held: 0, origin: 0 };
    const headline = report.headline.trim();
    return report.text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => {
            const begun = begins_section(line, state);
            if (begun) return begun;
            if (k_context.test(line)) return 'context';
            if (k_irq.test(line)) return 'irq';
            const field = inside(line, state, report);
            if (field) return field;
            return headline !== '' && line.includes(headline) ? 'title' : null;
        });
}

// The first line of each field, as an index into the text's lines.
export function lines_of_fields(fields: (FieldId | null)[]): Map<FieldId, number> {
    const lines = new Map<FieldId, number>();
    fields.forEach((field, i) => {
        if (field && !lines.has(field)) lines.set(field, i);
    });
    return lines;
}
