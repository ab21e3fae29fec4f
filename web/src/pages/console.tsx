// SPDX-License-Identifier: Apache-2.0
// The console of one trial, live or finished.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { console_path, get_reports, get_trial } from '../api';
import type { Mark } from '../console/marks';
import { marks_of, neighbour } from '../console/marks';
import type { Selection } from '../console/selection';
import { extended, parse_selection, selection_hash } from '../console/selection';
import type { ConsoleState } from '../console/use_console';
import { use_console } from '../console/use_console';
import type { ViewHandle } from '../console/view';
import { ConsoleView } from '../console/view';
import { bytes, duration, exposure, grouped, plural } from '../format';
import { use_keys } from '../keys';
import type { StoredReport, Trial } from '../model';
import { Failure, Stale, With } from '../parts/states';
import { Shown } from '../parts/text';
import { Badge, outcome_look, outcome_words } from '../parts/verdict';
import { use_resource } from '../resource';
import { use_title } from '../title';

const k_find_limit = 10000;
const k_poll_ms = 2000;

interface TrialWhole {
    trial: Trial;
    reports: StoredReport[];
}

async function get_trial_whole(id: number, signal: AbortSignal): Promise<TrialWhole> {
    const trial = await get_trial(id, signal);
    return { trial, reports: await get_reports(trial.job, signal) };
}

function use_selection(): [Selection | null, (selection: Selection) => void] {
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

interface Found {
    text: string;
    lines: number[];
    searching: boolean;
}

const k_nothing_found: Found = { text: '', lines: [], searching: false };

function use_find(state: ConsoleState, text: string): Found {
    const [found, set_found] = useState(k_nothing_found);
    useEffect(() => {
        if (text === '') {
            set_found(k_nothing_found);
            return undefined;
        }
        const abort = new AbortController();
        const timer = window.setTimeout(() => {
            set_found((old) => ({ ...old, text, searching: true }));
            state.store.find(text, k_find_limit, abort.signal).then(
                (lines) => {
                    if (!abort.signal.aborted) set_found({ text, lines, searching: false });
                },
                () => {
                    if (!abort.signal.aborted) set_found({ text, lines: [], searching: false });
                },
            );
        }, 200);
        return () => {
            window.clearTimeout(timer);
            abort.abort();
        };
    }, [text, state.store, state.complete]);
    return found;
}

function Head({ whole, state }: { whole: TrialWhole; state: ConsoleState }) {
    const { trial } = whole;
    const { outcome } = trial;
    return (
        <header class="page-head">
            <div>
                <p class="crumbs small">
                    <a href="/">Jobs</a> / <a href={`/jobs/${trial.job}`}>#{trial.job}</a> /{' '}
                    {trial.arm}
                </p>
                <h1 tabIndex={-1}>
                    Console of trial {trial.number}{' '}
                    <Badge look={{ ...outcome_look(trial), word: outcome_words(trial) }} />
                </h1>
                <p class="dim small">
                    {trial.form}, {plural(trial.vcpus, 'vCPU')}, {trial.memory_mib} MiB,{' '}
                    {trial.accelerator}
                    {outcome ? (
                        <>
                            {' '}
                            · {exposure(outcome.exposure, outcome.unit)} ·{' '}
                            {duration(outcome.wall_s)}
                        </>
                    ) : null}
                    {outcome?.detail ? (
                        <>
                            {' '}
                            · <Shown text={outcome.detail} />
                        </>
                    ) : null}
                </p>
            </div>
            <span class="links">
                {trial.ended_at === null ? (
                    <span
                        class={`live ${state.error ? 'live-reconnecting' : 'live-live'}`}
                        role="status"
                    >
                        {state.error ? 'reconnecting' : 'live'}
                    </span>
                ) : null}
                {trial.console || trial.ended_at === null ? (
                    <a href={console_path(trial.id)} download={`trial-${trial.id}.log`}>
                        Download
                    </a>
                ) : null}
            </span>
        </header>
    );
}

interface Tools {
    find: string;
    set_find: (text: string) => void;
    found: Found;
    step_find: (direction: 1 | -1) => void;
    step_mark: (direction: 1 | -1) => void;
    marks: Mark[];
    following: boolean | null; // null: the trial has ended
    set_following: (following: boolean) => void;
}

function found_words(found: Found, find: string): string {
    if (find === '') return '';
    if (found.searching || found.text !== find) return 'searching …';
    const more = found.lines.length >= k_find_limit ? ' or more' : '';
    return found.lines.length === 0 ? 'nowhere' : `${plural(found.lines.length, 'line')}${more}`;
}

function Toolbar({ tools, state }: { tools: Tools; state: ConsoleState }) {
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

function Nothing({ trial, state }: { trial: Trial; state: ConsoleState }) {
    if (!state.complete)
        return (
            <p class="state loading" role="status">
                Loading the console …
            </p>
        );
    return (
        <div class="state empty">
            <p>
                {trial.ended_at === null
                    ? 'Nothing was printed yet.'
                    : 'This trial ended before its machine printed anything.'}
            </p>
        </div>
    );
}

// Scrolls to a line as soon as the reader has got that far, once.
function use_arrival(
    handle: { current: ViewHandle | null },
    lines: number,
): (line: number) => void {
    const wanted = useRef(0);
    const arrive = () => {
        if (wanted.current === 0 || lines < wanted.current) return;
        handle.current?.show(wanted.current);
        wanted.current = 0;
    };
    useEffect(arrive, [lines]);
    return (line) => {
        wanted.current = line;
        arrive();
    };
}

function Body({ whole }: { whole: TrialWhole }) {
    const { trial } = whole;
    const running = trial.ended_at === null;
    const state = use_console(trial.id, running ? 'running' : trial.console ? 'ended' : 'none');
    const [selection, select] = use_selection();
    const [find, set_find] = useState('');
    const [following, set_following] = useState(running && selection === null);
    const found = use_find(state, find);
    const found_set = useMemo(() => new Set(found.lines), [found]);
    const marks = useMemo(() => marks_of(whole.reports, trial.id), [whole.reports, trial.id]);
    const handle = useRef<ViewHandle>(null);
    const place = useRef(selection?.first ?? 0);
    const arrive = use_arrival(handle, state.lines);

    useEffect(() => {
        if (!selection) return;
        place.current = selection.first;
        arrive(selection.first);
    }, [selection?.first]);
    useEffect(() => {
        if (following && running && state.lines > 0) handle.current?.show(state.lines);
    }, [following, running, state.lines]);

    const jump = (line: number) => {
        if (line === 0) return;
        set_following(false);
        place.current = line;
        arrive(line);
    };
    const step_mark = (direction: 1 | -1) => {
        const line = neighbour(
            marks.map((mark) => mark.first),
            place.current,
            direction,
        );
        const mark = marks.find((candidate) => candidate.first === line);
        if (!mark) return;
        select({ first: mark.first, last: mark.last });
        jump(mark.first);
    };
    const step_find = (direction: 1 | -1) => {
        const line = neighbour(found.lines, place.current, direction);
        if (line === 0) return;
        select({ first: line, last: line });
        jump(line);
    };
    use_keys({
        n: () => step_mark(1),
        p: () => step_mark(-1),
        '/': () => document.getElementById('find')?.focus(),
        g: () => jump(1),
        G: () => jump(state.lines),
        f: () => set_following(running),
    });
    const tools: Tools = {
        find,
        set_find,
        found,
        step_find,
        step_mark,
        marks,
        following: running ? following : null,
        set_following,
    };
    return (
        <>
            <Head whole={whole} state={state} />
            <Toolbar tools={tools} state={state} />
            {state.error && state.lines > 0 ? <Stale error={state.error} /> : null}
            {state.error && state.lines === 0 ? (
                <Failure error={state.error} reload={() => location.reload()} />
            ) : null}
            {state.lines > 0 ? (
                <ConsoleView
                    store={state.store}
                    lines={state.lines}
                    marks={marks}
                    selection={selection}
                    found={found_set}
                    choose={(line, extend) =>
                        select(
                            extend === 'extend'
                                ? extended(selection, line)
                                : { first: line, last: line },
                        )
                    }
                    scrolled={(where) => {
                        if (where === 'above' && following) set_following(false);
                    }}
                    handle={handle}
                />
            ) : state.error ? null : (
                <Nothing trial={trial} state={state} />
            )}
        </>
    );
}

export function ConsolePage({ trial }: { trial: number }) {
    const [running, set_running] = useState(false);
    const whole = use_resource(
        `trial ${trial}`,
        (signal) => get_trial_whole(trial, signal),
        running ? k_poll_ms : 0,
    );
    const still = whole.data?.trial.ended_at === null;
    useEffect(() => set_running(still), [still]);
    use_title(`console of trial ${whole.data?.trial.number ?? trial}`);
    return (
        <div class="console-page">
            <With resource={whole} what="the trial">
                {(data) => <Body whole={data} />}
            </With>
        </div>
    );
}
