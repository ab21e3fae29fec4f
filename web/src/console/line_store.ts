// SPDX-License-Identifier: Apache-2.0
// The lines of a console that is read by byte ranges. Only how many newlines come before each
// chunk is kept for the whole console; the bytes of a few chunks are kept, and read again when
// others are looked at. Lines count from 1 and end at '\n', as the daemon counts them.

import type { RangeReader } from './range';

const k_newline = 10;
const k_return = 13;
// Of one line. A guest can print gigabytes without a newline.
export const k_line_bytes = 4096;

interface Chunk {
    bytes: Uint8Array;
    newlines: Uint32Array; // offsets into bytes
}

export interface Line {
    text: string;
    left_out: number; // bytes beyond k_line_bytes, to within a chunk
}

function newlines_in(bytes: Uint8Array): Uint32Array {
    let count = 0;
    for (let at = bytes.indexOf(k_newline); at >= 0; at = bytes.indexOf(k_newline, at + 1)) ++count;
    const found = new Uint32Array(count);
    let i = 0;
    for (let at = bytes.indexOf(k_newline); at >= 0; at = bytes.indexOf(k_newline, at + 1))
        found[i++] = at;
    return found;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
}

export class LineStore {
    total = 0; // bytes, as the daemon last said
    indexed = 0; // bytes read so far, from the start
    private newlines_ = 0;
    private ends_with_newline_ = true;
    private readonly before_: number[] = [0]; // newlines before each chunk that has begun
    private readonly chunks_ = new Map<number, Chunk>(); // least recently used first
    private readonly loading_ = new Map<number, Promise<void>>();
    private readonly decoder_ = new TextDecoder('utf-8');

    constructor(
        private readonly read_: RangeReader,
        private readonly chunk_bytes_ = 256 * 1024,
        private readonly keep_ = 24,
    ) {}

    // Lines known so far; the last may still grow.
    get lines(): number {
        return this.newlines_ + (this.ends_with_newline_ ? 0 : 1);
    }

    get complete(): boolean {
        return this.indexed >= this.total;
    }

    // Reads on where the index ends. False when there was nothing more. At what was the end, the
    // last byte is asked for once more: a range that begins where a file ends is an error in HTTP.
    async index_more(signal?: AbortSignal): Promise<boolean> {
        const start = this.indexed;
        const number = Math.floor(start / this.chunk_bytes_);
        const overlap = start > 0 && start >= this.total ? 1 : 0;
        const slice = await this.read_(start - overlap, (number + 1) * this.chunk_bytes_, signal);
        const fresh = slice.bytes.subarray(overlap);
        this.total = Math.max(slice.total, start + fresh.length);
        if (fresh.length === 0 || this.indexed !== start) return false;
        this.append(number, fresh);
        return true;
    }

    private append(number: number, bytes: Uint8Array): void {
        const begun = this.indexed > number * this.chunk_bytes_;
        const old = this.chunks_.get(number);
        this.indexed += bytes.length;
        this.ends_with_newline_ = bytes.at(-1) === k_newline;
        const fresh = newlines_in(bytes);
        this.newlines_ += fresh.length;
        this.before_[number + 1] = this.newlines_;
        if (!begun) this.remember(number, { bytes, newlines: fresh });
        else if (old) {
            const all = joined(old.bytes, bytes);
            this.remember(number, { bytes: all, newlines: newlines_in(all) });
        }
    }

    private remember(number: number, chunk: Chunk): void {
        this.chunks_.delete(number);
        this.chunks_.set(number, chunk);
        for (const oldest of this.chunks_.keys()) {
            if (this.chunks_.size <= this.keep_) break;
            this.chunks_.delete(oldest);
        }
    }

    private chunk(number: number): Chunk | null {
        const chunk = this.chunks_.get(number);
        if (!chunk) return null;
        this.remember(number, chunk);
        return chunk;
    }

    // The chunk that holds the n-th newline, n in 1..newlines_.
    private chunk_of_newline(n: number): number {
        let low = 0;
        let high = this.before_.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if ((this.before_[middle] ?? Infinity) < n) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    // The chunks over which line n goes, without those that begin after k_line_bytes of it.
    private chunks_of_line(n: number): { first: number; last: number; beyond: number } {
        const first = n === 1 ? 0 : this.chunk_of_newline(n - 1);
        const end =
            n <= this.newlines_
                ? this.chunk_of_newline(n)
                : Math.floor(Math.max(0, this.indexed - 1) / this.chunk_bytes_);
        // One more: the line may begin with the next chunk's first byte.
        const last = Math.min(end, first + 1 + Math.ceil(k_line_bytes / this.chunk_bytes_));
        return { first, last, beyond: end - last };
    }

    // Null when its bytes are not at hand: see load().
    line(n: number): Line | null {
        if (n < 1 || n > this.lines) return null;
        const { first, last, beyond } = this.chunks_of_line(n);
        let from = 0;
        if (n > 1) {
            const chunk = this.chunk(first);
            if (!chunk) return null;
            from = (chunk.newlines[n - 2 - (this.before_[first] ?? 0)] ?? -1) + 1;
        }
        let bytes: Uint8Array = new Uint8Array();
        let length = beyond * this.chunk_bytes_;
        for (let number = first; number <= last; ++number) {
            const chunk = this.chunk(number);
            if (!chunk) return null;
            const found = chunk.bytes.indexOf(k_newline, from);
            const part = chunk.bytes.subarray(from, found < 0 ? undefined : found);
            length += part.length;
            if (bytes.length < k_line_bytes)
                bytes = joined(bytes, part.subarray(0, k_line_bytes - bytes.length));
            if (found >= 0) break;
            from = 0;
        }
        if (length === bytes.length && bytes.at(-1) === k_return) {
            bytes = bytes.subarray(0, -1);
            --length;
        }
        return { text: this.decoder_.decode(bytes), left_out: length - bytes.length };
    }

    // Makes lines first..last available to line(), as far as the kept chunks reach.
    async load(first: number, last: number): Promise<void> {
        const wanted = new Set<number>();
        for (let n = Math.max(1, first); n <= Math.min(last, this.lines); ++n) {
            const span = this.chunks_of_line(n);
            for (let c = span.first; c <= span.last && wanted.size < this.keep_; ++c) wanted.add(c);
        }
        // Those at hand are touched first, so that what comes does not push them out.
        const missing = [...wanted].filter((number) => this.chunk(number) === null);
        await Promise.all(missing.map((number) => this.fetch(number)));
    }

    private fetch(number: number): Promise<void> {
        const running = this.loading_.get(number);
        if (running) return running;
        const started = this.fetch_now(number).finally(() => this.loading_.delete(number));
        this.loading_.set(number, started);
        return started;
    }

    private async fetch_now(number: number): Promise<void> {
        const start = number * this.chunk_bytes_;
        const end = Math.min(start + this.chunk_bytes_, this.indexed);
        const { bytes } = await this.read_(start, end);
        // The console may have grown meanwhile: then this is only the chunk's beginning.
        if (end === Math.min(start + this.chunk_bytes_, this.indexed))
            this.remember(number, { bytes, newlines: newlines_in(bytes) });
    }

    // Numbers of the lines that contain `text`, case ignored, in order, at most `limit`.
    async find(text: string, limit: number, signal?: AbortSignal): Promise<number[]> {
        const search = new Search(text, limit);
        const end = this.indexed;
        for (let start = 0; start < end && !search.full; start += this.chunk_bytes_) {
            const number = start / this.chunk_bytes_;
            const kept = this.chunks_.get(number)?.bytes;
            const stop = Math.min(start + this.chunk_bytes_, end);
            search.feed(
                kept?.subarray(0, stop - start) ?? (await this.read_(start, stop, signal)).bytes,
            );
            if (signal?.aborted) break;
        }
        return search.found;
    }
}

// Finds lines in a stream of chunks; of a line that goes over several, the last 64 Ki characters
// are looked at together.
class Search {
    readonly found: number[] = [];
    private line_ = 1;
    private rest_ = '';
    private readonly decoder_ = new TextDecoder('utf-8');
    private readonly needle_: string;

    constructor(
        needle: string,
        private readonly limit_: number,
    ) {
        this.needle_ = needle.toLowerCase();
    }

    get full(): boolean {
        return this.needle_ === '' || this.found.length >= this.limit_;
    }

    feed(bytes: Uint8Array): void {
        const text = this.rest_ + this.decoder_.decode(bytes, { stream: true }).toLowerCase();
        let begin = 0;
        let hit = text.indexOf(this.needle_);
        while (hit >= 0 && !this.full) {
            for (
                let at = text.indexOf('\n', begin);
                at >= 0 && at < hit;
                at = text.indexOf('\n', begin)
            ) {
                ++this.line_;
                begin = at + 1;
            }
            if (this.found.at(-1) !== this.line_) this.found.push(this.line_);
            const line_end = text.indexOf('\n', hit);
            if (line_end < 0) break;
            hit = text.indexOf(this.needle_, line_end);
        }
        for (let at = text.indexOf('\n', begin); at >= 0; at = text.indexOf('\n', begin)) {
            ++this.line_;
            begin = at + 1;
        }
        this.rest_ = text.slice(Math.max(begin, text.length - 65536));
    }
}
