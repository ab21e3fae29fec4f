// SPDX-License-Identifier: Apache-2.0
// The console of one trial, live or finished.

import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { get_reports, get_trial } from '../api';
import { HeartbeatBand } from '../console/band';
import { ConsoleHead } from '../console/head';
import type { Mark } from '../console/marks';
import { marks_of, neighbour } from '../console/marks';
import type { Selection } from '../console/selection';
import { extended } from '../console/selection';
import type { StampMode } from '../console/stamps';
import type { Tools } from '../console/toolbar';
import { Toolbar } from '../console/toolbar';
import type { ConsoleState } from '../console/use_console';
import { use_console } from '../console/use_console';
import { use_find } from '../console/use_find';
import { use_selection } from '../console/use_selection';
import type { ViewHandle } from '../console/view';
import { ConsoleView } from '../console/view';
import { use_keys } from '../keys';
import type { StoredReport, Trial } from '../model';
import { Failure, Stale, With } from '../parts/states';
import { use_resource } from '../resource';
import { use_title } from '../title';

const k_poll_ms = 2000;

interface TrialWhole {
    trial: Trial;
    reports: StoredReport[];
}

async function get_trial_whole(id: number, signal: AbortSignal): Promise<TrialWhole> {
    const trial = await get_trial(id, signal);
    return { trial, reports: await get_reports(trial.job, signal) };
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

interface Place {
    handle: RefObject<ViewHandle>;
    selection: Selection | null;
    select: (selection: Selection) => void;
    following: boolean;
    set_following: (following: boolean) => void;
    jump: (line: number) => void;
    // To the next or last of these lines, from where one is.
    step: (lines: number[], direction: 1 | -1, choose: (line: number) => Selection) => void;
}

// Where one is in the console: the chosen lines, following the end or not, and going elsewhere.
function use_place(lines: number, running: boolean): Place {
    const [selection, select] = use_selection();
    const [following, set_following] = useState(running && selection === null);
    const handle = useRef<ViewHandle>(null);
    const at = useRef(selection?.first ?? 0);
    const wanted = useRef(0);
    // A line is shown as soon as the reader has got that far.
    const arrive = () => {
        if (wanted.current === 0 || lines < wanted.current) return;
        handle.current?.show(wanted.current);
        wanted.current = 0;
    };
    const show = (line: number) => {
        at.current = line;
        wanted.current = line;
        arrive();
    };
    useEffect(arrive, [lines]);
    useEffect(() => {
        if (selection) show(selection.first);
    }, [selection?.first]);
    useEffect(() => {
        if (following && running && lines > 0) handle.current?.show(lines);
    }, [following, running, lines]);
    const jump = (line: number) => {
        if (line === 0) return;
        set_following(false);
        show(line);
    };
    const step: Place['step'] = (candidates, direction, choose) => {
        const line = neighbour(candidates, at.current, direction);
        if (line === 0) return;
        select(choose(line));
        jump(line);
    };
    return { handle, selection, select, following, set_following, jump, step };
}

function lines_of(marks: Mark[], line: number): Selection {
    const mark = marks.find((candidate) => candidate.first === line);
    return { first: line, last: mark?.last ?? line };
}

function Body({ whole }: { whole: TrialWhole }) {
    const { trial } = whole;
    const running = trial.ended_at === null;
    const state = use_console(trial.id, running ? 'running' : trial.console ? 'ended' : 'none');
    const place = use_place(state.lines, running);
    const [find, set_find] = useState('');
    const [stamps, set_stamps] = useState<StampMode>('boot');
    const found = use_find(state, find);
    const found_set = useMemo(() => new Set(found.lines), [found]);
    const marks = useMemo(() => marks_of(whole.reports, trial.id), [whole.reports, trial.id]);
    const first_lines = marks.map((mark) => mark.first);
    const tools: Tools = {
        stamps,
        set_stamps,
        find,
        set_find,
        found,
        step_find: (direction) =>
            place.step(found.lines, direction, (line) => ({ first: line, last: line })),
        step_mark: (direction) =>
            place.step(first_lines, direction, (line) => lines_of(marks, line)),
        marks,
        following: running ? place.following : null,
        set_following: place.set_following,
    };
    use_keys({
        n: () => tools.step_mark(1),
        p: () => tools.step_mark(-1),
        '/': () => document.getElementById('find')?.focus(),
        g: () => place.jump(1),
        G: () => place.jump(state.lines),
        f: () => place.set_following(running),
    });
    return (
        <>
            <ConsoleHead trial={trial} state={state} />
            <Toolbar tools={tools} state={state} />
            {trial.harness || running ? <HeartbeatBand trial={trial} marks={marks} /> : null}
            <Lines
                trial={trial}
                state={state}
                stamps={stamps}
                place={place}
                marks={marks}
                found={found_set}
            />
        </>
    );
}

function Lines({
    trial,
    state,
    stamps,
    place,
    marks,
    found,
}: {
    trial: Trial;
    state: ConsoleState;
    stamps: StampMode;
    place: Place;
    marks: Mark[];
    found: Set<number>;
}) {
    if (state.lines === 0)
        return state.error ? (
            <Failure error={state.error} reload={() => location.reload()} />
        ) : (
            <Nothing trial={trial} state={state} />
        );
    const { selection, select } = place;
    return (
        <>
            <Stale error={state.error} />
            <ConsoleView
                store={state.store}
                lines={state.lines}
                stamps={stamps}
                began={trial.started_at}
                marks={marks}
                selection={selection}
                found={found}
                choose={(line, extend) =>
                    select(
                        extend === 'extend'
                            ? extended(selection, line)
                            : { first: line, last: line },
                    )
                }
                scrolled={(where) => {
                    if (where === 'above' && place.following) place.set_following(false);
                }}
                handle={place.handle}
            />
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
            <With resource={whole} what="the trial" head={`Console of trial ${trial}`}>
                {(data) => <Body whole={data} />}
            </With>
        </div>
    );
}
