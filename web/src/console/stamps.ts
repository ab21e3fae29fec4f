// SPDX-License-Identifier: Apache-2.0
// The time that printk puts before a line, as it is or told otherwise.

// `boot`: seconds since the boot, as printed. `before`: since the line before. `clock`: the time
// of day, by when the trial began; to within the second that a VM takes to start.
export type StampMode = 'boot' | 'before' | 'clock';

export const k_stamp_modes: Record<StampMode, string> = {
    boot: 'since boot',
    before: 'since the line before',
    clock: 'time of day, about',
};

const k_stamp = /^\[ *(\d+\.\d+)\](?=\[| |$)/;

// Seconds since boot; null for a line without a stamp.
export function stamp_of(text: string): number | null {
    const found = k_stamp.exec(text);
    return found ? Number(found[1]) : null;
}

function clock(seconds: number, began: string): string {
    const at = new Date(Date.parse(began) + seconds * 1000);
    const two = (value: number) => String(value).padStart(2, '0');
    const ms = String(at.getMilliseconds()).padStart(3, '0');
    return `[${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}]`;
}

// The line with its stamp told in another way; lines without one stay as they are. `before` is the
// text of the line before, `began` when the trial did.
export function restamped(text: string, mode: StampMode, before: string, began: string): string {
    const seconds = stamp_of(text);
    if (mode === 'boot' || seconds === null) return text;
    const rest = text.replace(k_stamp, '');
    if (mode === 'clock') return clock(seconds, began) + rest;
    const last = stamp_of(before);
    const since = last === null ? '' : `+${(seconds - last).toFixed(6)}`;
    return `[${since.padStart(12)}]${rest}`;
}
