// SPDX-License-Identifier: Apache-2.0
// Bytes of a console by HTTP range.

import { ApiError, read_problem, request } from '../api';

export interface Slice {
    bytes: Uint8Array;
    total: number; // bytes of the whole console as of this answer
}

// Bytes [start, end) or fewer; none when the console ends before `start`.
export type RangeReader = (start: number, end: number, signal?: AbortSignal) => Promise<Slice>;

// "bytes 0-99/1234" or "bytes */1234" -> 1234; null for anything else, an unknown total included.
export function total_of(content_range: string | null): number | null {
    const found = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(content_range ?? '');
    return found ? Number(found[1]) : null;
}

async function slice_of(response: Response, start: number, end: number): Promise<Slice> {
    if (response.status === 416)
        return {
            bytes: new Uint8Array(),
            total: total_of(response.headers.get('content-range')) ?? start,
        };
    if (!response.ok) throw new ApiError(await read_problem(response));
    const bytes = new Uint8Array(await response.arrayBuffer());
    // A server may ignore the range and answer with everything.
    if (response.status !== 206) return { bytes: bytes.subarray(start, end), total: bytes.length };
    const total = total_of(response.headers.get('content-range'));
    return { bytes, total: total ?? start + bytes.length };
}

export function range_reader(path: string): RangeReader {
    return async (start, end, signal) => {
        const response = await request(path, {
            headers: { range: `bytes=${start}-${end - 1}` },
            ...(signal ? { signal } : {}),
        });
        return slice_of(response, start, end);
    };
}
