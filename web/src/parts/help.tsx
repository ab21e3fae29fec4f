// SPDX-License-Identifier: Apache-2.0
// The keys, on `?`.

import { useEffect, useRef } from 'preact/hooks';

const k_keys: [string, string][] = [
    ['?', 'this help'],
    ['h', 'jobs'],
    ['s', 'submit'],
    ['o', 'host'],
    ['/', 'find: a title, or in a console'],
    ['n  p', 'console: next, previous report'],
    ['Enter', 'console, while finding: next place (with Shift: previous)'],
    ['g  G', 'console: first, last line'],
    ['f', 'console: follow while the trial runs'],
    ['Shift+click', 'console, on a line number: a range, to link to'],
];

export function Help({ open, close }: { open: 'open' | 'closed'; close: () => void }) {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        if (open === 'open' && !dialog.current?.open) dialog.current?.showModal();
        if (open === 'closed') dialog.current?.close();
    }, [open]);
    return (
        <dialog ref={dialog} onClose={close} aria-labelledby="help-head">
            <h2 id="help-head">Keys</h2>
            <dl class="keys">
                {k_keys.map(([key, what]) => (
                    <div key={key}>
                        <dt>
                            {key.split('  ').map((one) => (
                                <kbd key={one}>{one}</kbd>
                            ))}
                        </dt>
                        <dd>{what}</dd>
                    </div>
                ))}
            </dl>
            <form method="dialog">
                <button type="submit">Close</button>
            </form>
        </dialog>
    );
}
