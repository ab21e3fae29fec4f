// SPDX-License-Identifier: Apache-2.0
// Numbers and times for people, always with their unit.

import type { ExposureUnit } from './model';

const k_nbsp = '\u00a0';

// 1234567 -> "1 234 567" (narrow no-break spaces, so that columns stay together).
export function grouped(value: number): string {
    const [whole, fraction] = String(value).split('.');
    const spaced = (whole ?? '').replace(/\B(?=(\d{3})+$)/g, '\u202f');
    return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

// At most three significant digits below 1000, whole numbers above.
export function number(value: number): string {
    if (!Number.isFinite(value)) return '–';
    if (Math.abs(value) >= 999.5) return grouped(Math.round(value));
    return grouped(Number(value.toPrecision(3)));
}

export function duration(seconds: number): string {
    if (!Number.isFinite(seconds) || seconds < 0) return '–';
    if (seconds < 9.95) return `${seconds.toFixed(1)}${k_nbsp}s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole}${k_nbsp}s`;
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes}${k_nbsp}min ${pad(whole % 60)}${k_nbsp}s`;
    return `${Math.floor(minutes / 60)}${k_nbsp}h ${pad(minutes % 60)}${k_nbsp}min`;
}

// What is only estimated: "about 40 s", "about 12 min", "about 2.5 h".
export function about(seconds: number): string {
    if (!Number.isFinite(seconds) || seconds < 0) return '–';
    if (seconds < 90) return `about ${Math.max(5, Math.round(seconds / 5) * 5)}${k_nbsp}s`;
    if (seconds < 5400) return `about ${Math.round(seconds / 60)}${k_nbsp}min`;
    return `about ${Number((seconds / 3600).toFixed(1))}${k_nbsp}h`;
}

function pad(value: number): string {
    return String(value).padStart(2, '0');
}

export function bytes(count: number): string {
    const units = ['B', 'KiB', 'MiB', 'GiB'];
    let value = count;
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        ++unit;
    }
    return `${unit === 0 ? value : number(value)}${k_nbsp}${units[unit]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
    return `${grouped(count)}${k_nbsp}${count === 1 ? one : many}`;
}

export function exposure(value: number, unit: ExposureUnit): string {
    if (unit === 'guest_seconds') return `${number(value)}${k_nbsp}guest${k_nbsp}s`;
    if (unit === 'bogo_ops')
        return `${number(value)}${k_nbsp}bogo${k_nbsp}${value === 1 ? 'op' : 'ops'}`;
    return `${number(value)}${k_nbsp}deadline${k_nbsp}${value === 1 ? 'exit' : 'exits'}`;
}

export function unit_name(unit: ExposureUnit): string {
    if (unit === 'guest_seconds') return 'guest seconds';
    return unit === 'bogo_ops' ? 'bogo operations' : 'deadline-task exits';
}

export function percent(share: number): string {
    return `${Number((share * 100).toPrecision(4))}${k_nbsp}%`;
}

// An upper bound: never shown as less than it is, as in the daemon's own sentences.
export function bound(share: number): string {
    return `${Math.ceil(share * 100)}${k_nbsp}%`;
}

// Small probabilities keep two significant digits: "0.049", "1.3e-7".
export function probability(p: number): string {
    if (p !== 0 && p < 0.0001) return p.toExponential(1).replace('e-', '\u00b710^-');
    return String(Number(p.toPrecision(2)));
}

export function hex(value: number): string {
    return `0x${value.toString(16)}`;
}

// "5 min ago"; the exact time belongs into a title attribute.
export function ago(then: string, now: number): string {
    const at = Date.parse(then);
    if (Number.isNaN(at)) return then;
    const seconds = Math.max(0, Math.round((now - at) / 1000));
    if (seconds < 10) return 'just now';
    if (seconds < 60) return `${seconds}${k_nbsp}s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)}${k_nbsp}min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)}${k_nbsp}h ago`;
    const days = Math.floor(seconds / 86400);
    return days < 30 ? `${plural(days, 'day')} ago` : local_date(at);
}

function local_date(at: number): string {
    const date = new Date(at);
    return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function local_time(then: string): string {
    const at = Date.parse(then);
    if (Number.isNaN(at)) return then;
    const date = new Date(at);
    return `${local_date(at)} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

export function seconds_between(from: string, to: string): number {
    return (Date.parse(to) - Date.parse(from)) / 1000;
}

// "boot_hang" -> "boot hang".
export function words(name: string): string {
    return name.replaceAll('_', ' ');
}
