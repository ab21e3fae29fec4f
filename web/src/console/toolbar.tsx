// SPDX-License-Identifier: Apache-2.0
// Finding and jumping in a console.

import { bytes, grouped, plural } from '../format';
import type { Mark } from './marks';
import type { StampMode } from './stamps';
import { k_stamp_modes } from './stamps';
import type { ConsoleState } from './use_console';
import type { Found } from './use_find';
import { found_words } from './use_find';

export interface Tools {
    stamps: StampMode;
    set_stamps: (mode: StampMode) => void;
    find: string;
    set_find: (text: string) => void;
    found: Found;
    step_find: (direction: 1 | -1) => void;
    step_mark: (direction: 1 | -1) => void;
    marks: Mark[];
    following: boolean | null; // null: the trial has ended
    set_following: (following: boolean) => void;
}

export function Toolbar({ tools, state }: { tools: Tools; state: ConsoleState }) {
    return (
        <div class="toolbar" role="toolbar" aria-label="Console tools">
            <input
                id="find"
                type="search"
                placeholder="find  /"
                aria-label="Find in the console"
                value={tools.find}
                onInput={(event) => tools.set_find(event.currentTarget.value)}
                onKeyDown={(event) => {
                    if (event.key === 'Enter') tools.step_find(event.shiftKey ? -1 : 1);
                    if (event.key === 'Escape') event.currentTarget.blur();
                }}
            />
            <span class="small dim find-count" role="status">
                {found_words(tools.found, tools.find)}
            </span>
            <span class="group">
                <button
                    type="button"
                    class="quiet"
                    disabled={tools.marks.length === 0}
                    onClick={() => tools.step_mark(-1)}
                    title="previous report (p)"
                >
                    ↑
                </button>
                <button
                    type="button"
                    class="quiet"
                    disabled={tools.marks.length === 0}
                    onClick={() => tools.step_mark(1)}
                    title="next report (n)"
                >
                    ↓
                </button>
                <span class="small dim">
                    {tools.marks.length === 0 ? 'no report' : plural(tools.marks.length, 'report')}
                </span>
            </span>
            <select
                class="stamps small"
                aria-label="Times"
                title="how the times before the lines are told"
                value={tools.stamps}
                onChange={(event) => tools.set_stamps(event.currentTarget.value as StampMode)}
            >
                {Object.entries(k_stamp_modes).map(([mode, words]) => (
                    <option key={mode} value={mode}>
                        {words}
                    </option>
                ))}
            </select>
            {tools.following !== null ? (
                <label class="small check">
                    <input
                        type="checkbox"
                        checked={tools.following}
                        onChange={(event) => tools.set_following(event.currentTarget.checked)}
                    />
                    follow
                </label>
            ) : null}
            <span class="small dim size">
                {grouped(state.lines)} lines, {bytes(state.store.indexed)}
                {state.complete ? '' : ` of ${bytes(state.store.total)} …`}
            </span>
        </div>
    );
}
