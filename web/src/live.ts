// SPDX-License-Identifier: Apache-2.0
// A job's events as they happen (Server-Sent Events). The browser resumes with Last-Event-ID; when
// it gives up, a new stream is opened here.

import { useEffect, useRef, useState } from 'preact/hooks';

import { k_api } from './api';
import type { JobEvent } from './model';

export type LiveState = 'off' | 'connecting' | 'live' | 'reconnecting';

export const k_event_types = ['stage', 'build', 'trial', 'heartbeat', 'report', 'verdict', 'log'];

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
        let source: EventSource | null = null;
        let timer = 0;
        let gathering = 0;
        let gathered: JobEvent[] = [];
        const hand_on = () => {
            const events = gathered;
            gathered = [];
            gathering = 0;
            taker.current(events);
        };
        const open = () => {
            source = new EventSource(`${k_api}/jobs/${job}/events`);
            source.onopen = () => set_state('live');
            source.onerror = () => {
                set_state('reconnecting');
                if (source?.readyState === EventSource.CLOSED)
                    timer = window.setTimeout(open, 3000);
            };
            // Nothing more will come; a new stream would begin with the whole history again.
            source.addEventListener('end', () => {
                source?.close();
                set_state('off');
                ender.current();
            });
            for (const type of k_event_types)
                source.addEventListener(type, (message: MessageEvent<string>) => {
                    const event = parse_event(type, message.data);
                    if (!event) return;
                    gathered.push(event);
                    if (gathering === 0) gathering = window.setTimeout(hand_on, k_gather_ms);
                });
        };
        set_state('connecting');
        open();
        return () => {
            window.clearTimeout(timer);
            window.clearTimeout(gathering);
            source?.close();
        };
    }, [job]);
    return state;
}
