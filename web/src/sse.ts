// SPDX-License-Identifier: Apache-2.0
// Server-Sent Events by fetch: an EventSource cannot send a token but in its address.

import { ApiError, is_final, read_problem, request } from './api';
import { on_token, token_is_asked_for } from './token';

export interface SseMessage {
    type: string;
    data: string;
}

// Bytes of a stream, however they are cut, to messages.
export class SseParser {
    last_id: string; // of the last message that came whole
    private id: string;
    private readonly decoder = new TextDecoder();
    private rest = '';
    private type = '';
    private data: string[] = [];

    constructor(after: string) {
        this.last_id = after;
        this.id = after;
    }

    feed(bytes: Uint8Array): SseMessage[] {
        const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split('\n');
        this.rest = lines.pop() ?? '';
        return lines.flatMap((line) => this.take(line.replace(/\r$/, '')));
    }

    private take(line: string): SseMessage[] {
        if (line === '') {
            const message = { type: this.type || 'message', data: this.data.join('\n') };
            const whole = this.data.length > 0;
            this.last_id = this.id;
            this.type = '';
            this.data = [];
            return whole ? [message] : [];
        }
        const colon = line.indexOf(':');
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (name === 'event') this.type = value;
        else if (name === 'data') this.data.push(value);
        else if (name === 'id') this.id = value;
        return [];
    }
}

export interface StreamListener {
    opened: () => void;
    message: (message: SseMessage) => void;
    lost: () => void;
    ended: () => void; // the server has nothing more to say, ever
}

const k_retry_ms = 2000;

async function read_once(
    path: string,
    parser: SseParser,
    listener: StreamListener,
    signal: AbortSignal,
): Promise<'ended' | 'cut'> {
    const response = await request(path, {
        headers: {
            accept: 'text/event-stream',
            ...(parser.last_id ? { 'last-event-id': parser.last_id } : {}),
        },
        cache: 'no-store',
        signal,
    });
    if (!response.ok) throw new ApiError(await read_problem(response));
    if (response.status === 204 || !response.body) return 'ended';
    listener.opened();
    const reader = response.body.getReader();
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return 'cut';
        for (const message of parser.feed(value)) listener.message(message);
    }
}

// Reads until it is closed, and goes on after the last event when the connection was lost.
export function follow_stream(path: string, listener: StreamListener): () => void {
    let abort = new AbortController();
    let timer = 0;
    let last_id = '';
    const run = async () => {
        const { signal } = abort;
        // What was half read when the connection broke comes again, whole.
        const parser = new SseParser(last_id);
        let wait = k_retry_ms;
        try {
            const how = await read_once(path, parser, listener, signal);
            if (how === 'ended' && !signal.aborted) listener.ended();
            if (how === 'ended') return;
        } catch (error) {
            if (is_final(error)) wait = 0; // until another token is there
        }
        last_id = parser.last_id;
        if (signal.aborted) return;
        listener.lost();
        if (wait > 0) timer = window.setTimeout(() => void run(), wait);
    };
    const stop = () => {
        abort.abort();
        window.clearTimeout(timer);
    };
    const start = () => {
        stop();
        abort = new AbortController();
        if (!token_is_asked_for()) void run();
    };
    const stop_listening = on_token(start);
    start();
    return () => {
        stop_listening();
        stop();
    };
}
