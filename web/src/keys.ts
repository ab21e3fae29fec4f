// SPDX-License-Identifier: Apache-2.0
// Keys that a page listens to; never while something is being typed.

import { useLayoutEffect, useRef } from 'preact/hooks';

export type KeyMap = Record<string, () => void>;

function is_typing(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLElement)) return false;
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function use_keys(keys: KeyMap): void {
    const current = useRef(keys);
    current.current = keys;
    // With the page, not after it is painted: a key that is pressed at once counts.
    useLayoutEffect(() => {
        const pressed = (event: KeyboardEvent) => {
            if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
            if (is_typing(event.target) || document.querySelector('dialog[open]')) return;
            const action = Object.hasOwn(current.current, event.key)
                ? current.current[event.key]
                : undefined;
            if (!action) return;
            event.preventDefault();
            action();
        };
        document.addEventListener('keydown', pressed);
        return () => document.removeEventListener('keydown', pressed);
    }, []);
}
