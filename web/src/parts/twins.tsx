// SPDX-License-Identifier: Apache-2.0
// The page as data and as text: its address with an ending.

export function Twins({ page, query = '' }: { page: string; query?: string }) {
    return (
        <span class="links">
            <TwinLinks page={page} query={query} />
        </span>
    );
}

export function TwinLinks({ page, query = '' }: { page: string; query?: string }) {
    return (
        <>
            <a href={`${page}.json${query}`}>JSON</a>
            <a href={`${page}.txt${query}`}>text</a>
        </>
    );
}
