// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { draw_cycle } from '../src/cycle';
import { search_links } from '../src/parts/elsewhere';
import type { ChainLink, Frame, Lock, Report } from '../src/model';
import { fields_of_lines, lines_of_fields } from '../src/raw_lines';

const frame = (name: string, offset = 1): Frame => ({
    function: name,
    offset,
    size: 64,
    certain: true,
    module: '',
    stack: '',
    file: null,
    line: null,
    inlines: [],
    source: null,
    patched: false,
});

const lock = (name: string): Lock => ({
    address: '',
    name,
    printed: name,
    version: 1,
    subclass: 0,
    usage: '+.+.',
    usage_states: [],
    wait_outer: null,
    wait_inner: null,
    acquired_at: null,
    owner: '',
});

const link = (number: number, name: string): ChainLink => ({
    number,
    lock: lock(name),
    frames: [frame(`take_${name}`)],
});

describe('a cycle', () => {
    test.each([2, 3, 4, 7])('of %i locks has an arrow from each to the next', (count) => {
        const chain = Array.from({ length: count }, (_, i) => link(count - 1 - i, `lock${i}`));
        const drawing = draw_cycle(chain);
        expect(drawing?.nodes.length).toBe(count);
        const arrows = drawing?.edges.map((edge) => [edge.from.number, edge.link.number]) ?? [];
        const want = Array.from({ length: count }, (_, i) => [(i + count - 1) % count, i]);
        expect(arrows).toEqual(want);
        expect(
            drawing?.edges.filter((edge) => edge.closes).map((edge) => edge.link.number),
        ).toEqual([0]);
    });

    test('a_name_with_hidden_characters_has_a_box_as_wide_as_what_stands_for_them', () => {
        const width = (name: string) => draw_cycle([link(0, name), link(1, 'b')])?.nodes[0]?.width;
        expect(width('\u202edaemons_lock')).toBe(width('<U+202E>daemons_lock'));
    });

    test.each([2, 3, 5, 12])('of %i locks stays within its drawing, its labels apart', (count) => {
        const name = 'a_rather_long_name_of_a_lock_class_in_some_driver';
        const drawing = draw_cycle(Array.from({ length: count }, (_, i) => link(i, name)));
        if (!drawing) throw new Error('nothing was drawn');
        for (const node of drawing.nodes) {
            expect(node.x - node.width / 2).toBeGreaterThanOrEqual(0);
            expect(node.x + node.width / 2).toBeLessThanOrEqual(drawing.width);
            expect(node.y).toBeLessThanOrEqual(drawing.height);
        }
        const labels = drawing.edges.map((edge) => edge.label);
        for (const [i, a] of labels.entries())
            for (const b of labels.slice(i + 1))
                expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(24);
        for (const edge of drawing.edges)
            for (const number of edge.path.match(/-?[\d.]+/g) ?? [])
                expect(Number(number)).toBeGreaterThanOrEqual(-40);
    });

    test('of one lock, or none, is not drawn', () => {
        expect(draw_cycle([])).toBeNull();
        expect(draw_cycle([link(0, 'alone')])).toBeNull();
    });
});

// A report as the scanner reads the console of the end-to-end test.
function circular(): { text: string; report: Report } {
    const console_text = readFileSync(
        new URL('../../tests/e2e/data/circular.log', import.meta.url),
        'utf8',
    );
    const text = console_text
        .split('\n')
        .map((line) => line.replace(/^\[ *[\d.]+\] ?/, ''))
        .slice(3, -3)
        .join('\n');
    const report = {
        headline: 'WARNING: possible circular locking dependency detected',
        text,
        locks: [lock('&alpha->lock'), lock('&beta->lock')],
        held: [lock('&beta->lock')],
        frames: [
            frame('dump_stack_lvl', 0x51),
            frame('print_circular_bug', 0x200),
            frame('check_noncircular', 0x100),
            frame('__lock_acquire', 0x1400),
        ],
        syzbot: { title: 'possible deadlock in alpha_take', type: null, corrupted: false },
    };
    return { text, report: report as unknown as Report };
}

describe('the raw text', () => {
    test('says of each line which field it became', () => {
        const { text, report } = circular();
        const fields = fields_of_lines(report);
        const lines = text.split('\n');
        expect(fields.length).toBe(lines.length);
        const at = lines_of_fields(fields);
        const line_of = (field: string) => lines[at.get(field) ?? -1] ?? '';
        expect(line_of('title')).toContain('circular locking');
        expect(line_of('lock-0')).toContain('&alpha->lock');
        expect(line_of('lock-1')).toContain('&beta->lock');
        expect(line_of('link-1')).toContain('-> #1');
        expect(line_of('scenario')).toContain('unsafe locking scenario');
        expect(line_of('held-0')).toContain('#0:');
        expect(line_of('context')).toContain('CPU: 1');
        expect(line_of('frame-0')).toContain('dump_stack_lvl');
        // The same function stands in a chain's trace and in the call trace.
        expect(fields[lines.findIndex((line) => line.includes('__lock_acquire'))]).toBe('link-0');
        expect(line_of('frame-3')).toContain('__lock_acquire+0x1400');
    });

    test('of a frame that was not read leads nowhere', () => {
        const { report } = circular();
        const fields = fields_of_lines({ ...report, frames: [] });
        expect(fields.some((field) => field?.startsWith('frame-'))).toBe(false);
    });
});

test('a search quotes the title, whatever it holds', () => {
    const { report } = circular();
    const hostile = { ...report, syzbot: { ...report.syzbot, title: '"><script>&a=b' } };
    for (const { href } of search_links(hostile)) {
        expect(new URL(href).protocol).toBe('https:');
        expect(href).not.toContain('<');
        expect(href.split('&').length).toBe(1);
    }
});
