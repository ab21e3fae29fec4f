// SPDX-License-Identifier: Apache-2.0
// Which page a path names, and moving between pages without loading the document again.

import { useEffect, useState } from 'preact/hooks';

export type Route =
    | { page: 'jobs' }
    | { page: 'submit' }
    | { page: 'host' }
    | { page: 'job'; id: number }
    | { page: 'report'; id: number }
    | { page: 'console'; trial: number }
    | { page: 'lost'; path: string };

export function parse_route(path: string): Route {
    const parts = path.split('/').filter((part) => part !== '');
    const [head, second, third, rest] = parts;
    const id = second !== undefined && /^[1-9]\d{0,14}$/.test(second) ? Number(second) : 0;
    if (head === undefined || (head === 'jobs' && second === undefined)) return { page: 'jobs' };
    if (head === 'submit' && second === undefined) return { page: 'submit' };
    if (head === 'host' && second === undefined) return { page: 'host' };
    if (head === 'jobs' && id > 0 && third === undefined) return { page: 'job', id };
    if (head === 'reports' && id > 0 && third === undefined) return { page: 'report', id };
    if (head === 'trials' && id > 0 && third === 'console' && rest === undefined)
        return { page: 'console', trial: id };
    return { page: 'lost', path };
}

const k_moved = 'krepro-moved';

export function go(target: string): void {
    history.pushState(null, '', target);
    window.scrollTo(0, 0);
    window.dispatchEvent(new Event(k_moved));
}

// Called when the address was changed by a link, by going back or by `go`.
export function on_moved(listener: () => void): () => void {
    window.addEventListener('popstate', listener);
    window.addEventListener(k_moved, listener);
    return () => {
        window.removeEventListener('popstate', listener);
        window.removeEventListener(k_moved, listener);
    };
}

// Changes the query of the page in the address bar without a new history entry.
export function replace_query(query: string): void {
    history.replaceState(null, '', location.pathname + query);
}

// What the daemon makes and no page of ours shows.
export function is_document(link: { pathname: string }): boolean {
    return link.pathname.startsWith('/api/') || /\.(json|txt)$/.test(link.pathname);
}

// The link that a plain click would follow inside the application.
function inner_link(event: MouseEvent): HTMLAnchorElement | null {
    if (event.defaultPrevented || event.button !== 0) return null;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
    if (!(event.target instanceof Element)) return null;
    const link = event.target.closest('a');
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download'))
        return null;
    if (is_document(link)) return null;
    const here = link.pathname === location.pathname && link.search === location.search;
    return here && link.hash ? null : link;
}

export function use_path(): string {
    const [path, set_path] = useState(location.pathname);
    useEffect(() => {
        const moved = () => set_path(location.pathname);
        const clicked = (event: MouseEvent) => {
            const link = inner_link(event);
            if (!link) return;
            event.preventDefault();
            go(link.href);
        };
        const stop_listening = on_moved(moved);
        document.addEventListener('click', clicked);
        return () => {
            stop_listening();
            document.removeEventListener('click', clicked);
        };
    }, []);
    return path;
}
