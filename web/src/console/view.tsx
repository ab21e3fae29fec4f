// SPDX-License-Identifier: Apache-2.0
// The list of a console's lines: only the rows in sight exist.

import type { RefObject } from 'preact';
import { useEffect, useImperativeHandle, useRef, useState } from 'preact/hooks';

import { shortened } from '../display';
import { bytes } from '../format';
import { Shown } from '../parts/text';
import type { Line, LineStore } from './line_store';
import type { Mark } from './marks';
import { mark_at } from './marks';
import type { Selection } from './selection';
import type { StampMode } from './stamps';
import { restamped } from './stamps';
import { use_virtual } from './use_virtual';

const k_row_px = 18;
const k_shown_characters = 1200;

export interface ViewHandle {
    show: (line: number) => void; // in the middle of the view
    first_in_sight: () => number;
}

interface RowProps {
    number: number;
    line: Line | null;
    stamped: (text: string, number: number) => string;
    mark: Mark | null;
    selected: boolean;
    found: boolean;
    choose: (line: number, extend: 'extend' | 'alone') => void;
}

function Row({ number, line, stamped, mark, selected, found, choose }: RowProps) {
    const text = shortened(stamped(line?.text ?? '', number), k_shown_characters);
    const left_out = text.left_out + (line?.left_out ?? 0);
    const classes = [
        'line',
        mark ? 'marked' : '',
        mark?.target ? 'target' : '',
        selected ? 'selected' : '',
        found ? 'found' : '',
    ]
        .filter(Boolean)
        .join(' ');
    const clicked = (event: MouseEvent) => {
        event.preventDefault();
        choose(number, event.shiftKey ? 'extend' : 'alone');
    };
    return (
        <div class={classes}>
            <a
                class="no"
                href={`#L${number}`}
                onClick={clicked}
                aria-label={`line ${number}`}
                tabIndex={-1}
            >
                {number}
            </a>
            <span class="text">
                {line ? <Shown text={text.text} /> : <span class="dim">…</span>}
                {left_out > 0 ? (
                    <span class="ctl"> {bytes(left_out)} more on this line</span>
                ) : null}
                {mark?.first === number ? (
                    <a class="tag" href={`/reports/${mark.report}`}>
                        report
                    </a>
                ) : null}
            </span>
        </div>
    );
}

// Lines from the store; those not at hand are loaded, and the view is drawn again.
function use_loaded(store: LineStore, first: number, last: number, lines: number): void {
    const [, set_round] = useState(0);
    useEffect(() => {
        if (lines === 0 || last < first) return undefined;
        let gone = false;
        let missing = false;
        for (let n = first; n <= last && !missing; ++n) missing = store.line(n) === null;
        if (missing)
            store.load(first, last).then(
                () => {
                    if (!gone) set_round((n) => n + 1);
                },
                () => undefined, // the background reader says what is wrong
            );
        return () => {
            gone = true;
        };
    }, [store, first, last, lines]);
}

export function ConsoleView({
    store,
    lines,
    stamps,
    began,
    marks,
    selection,
    found,
    choose,
    scrolled,
    handle,
}: {
    store: LineStore;
    lines: number;
    stamps: StampMode;
    began: string; // of the trial
    marks: Mark[];
    selection: Selection | null;
    found: Set<number>;
    choose: (line: number, extend: 'extend' | 'alone') => void;
    scrolled: (at_end: 'at_end' | 'above') => void;
    handle: RefObject<ViewHandle>;
}) {
    const scroller = useRef<HTMLDivElement>(null);
    const rows = use_virtual(lines, k_row_px, scroller);
    const items = rows.getVirtualItems();
    const first = (items[0]?.index ?? 0) + 1;
    const last = (items.at(-1)?.index ?? -1) + 1;
    use_loaded(store, first, last, lines);
    useImperativeHandle(
        handle,
        () => ({
            show: (line) => rows.scrollToIndex(line - 1, { align: 'center' }),
            first_in_sight: () => Math.floor((scroller.current?.scrollTop ?? 0) / k_row_px) + 1,
        }),
        [rows],
    );
    const stamped = (text: string, number: number) =>
        restamped(
            text,
            stamps,
            stamps === 'before' ? (store.line(number - 1)?.text ?? '') : '',
            began,
        );
    const on_scroll = () => {
        const box = scroller.current;
        if (!box) return;
        const below = box.scrollHeight - box.scrollTop - box.clientHeight;
        scrolled(below < 2 * k_row_px ? 'at_end' : 'above');
    };
    return (
        <div
            class="console"
            ref={scroller}
            tabIndex={0}
            role="log"
            aria-live="off"
            aria-label="Console"
            onScroll={on_scroll}
        >
            <div class="all" style={{ height: `${rows.getTotalSize()}px` }}>
                <div class="window" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
                    {items.map((item) => {
                        const number = item.index + 1;
                        return (
                            <Row
                                key={number}
                                number={number}
                                line={store.line(number)}
                                stamped={stamped}
                                mark={mark_at(marks, number)}
                                selected={
                                    selection !== null &&
                                    number >= selection.first &&
                                    number <= selection.last
                                }
                                found={found.has(number)}
                                choose={choose}
                            />
                        );
                    })}
                </div>
            </div>
        </div>
    );
}
