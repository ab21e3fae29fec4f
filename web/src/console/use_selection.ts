// SPDX-License-Identifier: Apache-2.0
// The lines that the address names, and naming others.

import { useEffect, useState } from 'preact/hooks';

import type { Selection } from './selection';
import { parse_selection, selection_hash } from './selection';

export function use_selection(): [Selection | null, (selection: Selection) => void] {
    const [selection, set_selection] = useState(() => parse_selection(location.hash));
    useEffect(() => {
        const changed = () => set_selection(parse_selection(location.hash));
        window.addEventListener('hashchange', changed);
        return () => window.removeEventListener('hashchange', changed);
    }, []);
    const select = (next: Selection) => {
        history.replaceState(null, '', selection_hash(next));
        set_selection(next);
    };
    return [selection, select];
}
