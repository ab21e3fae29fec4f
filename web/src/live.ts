// SPDX-License-Identifier: Apache-2.0
// Events as they happen: those of one job, or that something happened to any.

import { useEffect, useRef, useState } from 'preact/hooks';

import { k_api } from './api';
import type { JobEvent } from './model';
import { follow_stream } from './sse';

export type LiveState = 'off' | 'connecting' | 'live' | 'reconnecting';

export const k_event_types = [
    'stage',
    'build',
    'trial',
    'heartbeat',
    'report',
    'symbols',
    'verdict',
    'log',
];

// `null` for what is not an event of the daemon.
export function parse_event(type: string, data: string): JobEvent | null {
    let body: unknown;
    try {
        body = JSON.parse(data);
    } catch {
        return null;
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
    const { seq, job, at, data: payload } = body as Record<string, unknown>;
    if (typeof seq !== 'number' || typeof payload !== 'object' || payload === null) return null;
    return {
        seq,
        job: typeof job === 'number' ? job : 0,
        at: typeof at === 'string' ? at : '',
        type,
        data: payload as Record<string, unknown>,
    };
}

// A history comes as a burst: events are handed on together.
const k_gather_ms = 100;

// Listens while `job` is not 0.
export function use_job_events(
    job: number,
    take: (events: JobEvent[]) => void,
    ended: () => void,
): LiveState {
    const [state, set_state] = useState<LiveState>('off');
    const taker = useRef(take);
    taker.current = take;
    const ender = useRef(ended);
    ender.current = ended;

    useEffect(() => {
        if (job === 0) {
            set_state('off');
            return undefined;
        }
        let gathering = 0;
        let gathered: JobEvent[] = [];
        const hand_on = () => {
            const events = gathered;
            gathered = [];
            gathering = 0;
            taker.current(events);
        };
        const take_one = (event: JobEvent) => {
            gathered.push(event);
            if (gathering === 0) gathering = window.setTimeout(hand_on, k_gather_ms);
        };
        const over = () => {
            close();
            set_state('off');
            ender.current();
        };
        set_state('connecting');
        const close = follow_stream(`${k_api}/jobs/${job}/events`, {
            opened: () => set_state('live'),
            lost: () => set_state('reconnecting'),
            ended: over,
            message: ({ type, data }) => {
                // Nothing more will come; a new stream would begin with the whole history again.
                if (type === 'end') return over();
                const event = k_event_types.includes(type) ? parse_event(type, data) : null;
                if (event) take_one(event);
            },
        });
        return () => {
            window.clearTimeout(gathering);
            close();
        };
    }, [job]);
    return state;
}

// What happens often and changes no row of a list.
const k_quiet_types = ['heartbeat', 'log', 'symbols', 'end'];
const k_news_every_ms = 1000;

// Calls `news` when something happened to any job, and when the stream is there (again): what
// happened before it was is not on it.
export function use_news(news: () => void): LiveState {
    const [state, set_state] = useState<LiveState>('connecting');
    const teller = useRef(news);
    teller.current = news;
    useEffect(() => {
        let timer = 0;
        const tell = () => {
            timer ||= window.setTimeout(() => {
                timer = 0;
                teller.current();
            }, k_news_every_ms);
        };
        const close = follow_stream(`${k_api}/events?after=latest`, {
            opened: () => {
                set_state('live');
                tell();
            },
            lost: () => set_state('reconnecting'),
            ended: () => set_state('off'),
            message: ({ type }) => {
                if (!k_quiet_types.includes(type)) tell();
            },
        });
        return () => {
            window.clearTimeout(timer);
            close();
        };
    }, []);
    return state;
}
