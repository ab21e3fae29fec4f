// SPDX-License-Identifier: Apache-2.0
// @tanstack/virtual-core for Preact: rows of one height.

import type { VirtualizerOptions } from '@tanstack/virtual-core';
import {
    Virtualizer,
    elementScroll,
    observeElementOffset,
    observeElementRect,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

type Rows = Virtualizer<HTMLDivElement, Element>;

export function use_virtual(
    count: number,
    row_px: number,
    scroller: RefObject<HTMLDivElement>,
): Rows {
    const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
    const options: VirtualizerOptions<HTMLDivElement, Element> = {
        count,
        getScrollElement: () => scroller.current,
        estimateSize: () => row_px,
        overscan: 20,
        observeElementRect,
        observeElementOffset,
        scrollToFn: elementScroll,
        onChange: () => redraw(),
    };
    const [rows] = useState<Rows>(() => new Virtualizer(options));
    rows.setOptions({ ...rows.options, ...options });
    useLayoutEffect(() => rows._didMount(), [rows]);
    useLayoutEffect(() => rows._willUpdate());
    return rows;
}
