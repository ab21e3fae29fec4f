// SPDX-License-Identifier: Apache-2.0
// How long a server asks to be left alone, and waiting for that.

const k_most_ms = 30000;
const k_unsaid_ms = 1000;

// Milliseconds that a Retry-After header asks for: whole seconds, as the daemon writes them.
export function wait_of(retry_after: string | null): number {
    if (retry_after === null || !/^\d{1,6}$/.test(retry_after.trim())) return k_unsaid_ms;
    return Math.min(k_most_ms, Number(retry_after) * 1000);
}

// Ends early when the signal aborts: what was waited for then says so itself.
export function waited(ms: number, signal: AbortSignal | null): Promise<void> {
    return new Promise((resolve) => {
        const timer = setTimeout(done, ms);
        function done() {
            clearTimeout(timer);
            signal?.removeEventListener('abort', done);
            resolve();
        }
        if (signal?.aborted) done();
        else signal?.addEventListener('abort', done);
    });
}
