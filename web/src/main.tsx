// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import './style/base.css';
import './style/parts.css';
import './style/frames.css';
import './style/jobs.css';
import './style/submit.css';
import './style/job.css';
import './style/report.css';
import './style/console.css';
import './style/host.css';
import './style/narrow.css';
import { use_documents } from './documents';
import { use_keys } from './keys';
import { ConsolePage } from './pages/console';
import { HostPage } from './pages/host';
import { JobPage } from './pages/job';
import { JobsPage } from './pages/jobs';
import { ReportPage } from './pages/report';
import { SubmitPage } from './pages/submit';
import { AskToken } from './parts/ask_token';
import { Help } from './parts/help';
import { Shown } from './parts/text';
import type { Route } from './router';
import { go, parse_route, use_path } from './router';
import { use_title } from './title';
import { forget_token, on_token, token, token_is_asked_for } from './token';

function Lost({ path }: { path: string }) {
    use_title('no such page');
    return (
        <div class="state failure">
            <h1 tabIndex={-1}>There is no such page</h1>
            <p>
                <code>
                    <Shown text={path} />
                </code>
            </p>
            <p>
                <a href="/">All jobs</a>
            </p>
        </div>
    );
}

function Page({ route }: { route: Route }) {
    switch (route.page) {
        case 'jobs':
            return <JobsPage />;
        case 'submit':
            return <SubmitPage />;
        case 'host':
            return <HostPage />;
        case 'job':
            return <JobPage key={route.id} id={route.id} />;
        case 'report':
            return <ReportPage key={route.id} id={route.id} />;
        case 'console':
            return <ConsolePage key={route.trial} trial={route.trial} />;
        case 'lost':
            return <Lost path={route.path} />;
    }
}

// After a move, readers and keyboards start at the new page's top.
function use_focus_on_move(path: string) {
    const first = useRef(true);
    useEffect(() => {
        if (!first.current) document.getElementById('main')?.focus({ preventScroll: true });
        first.current = false;
    }, [path]);
}

type Door = 'open' | 'held' | 'asking';

function door_now(): Door {
    if (token_is_asked_for()) return 'asking';
    return token() ? 'held' : 'open';
}

function use_door(): Door {
    const [door, set_door] = useState(door_now);
    useEffect(() => on_token(() => set_door(door_now())), []);
    return door;
}

function App() {
    const path = use_path();
    const route = parse_route(path);
    const [help, set_help] = useState<'open' | 'closed'>('closed');
    const door = use_door();
    const fault = use_documents();
    use_focus_on_move(path);
    use_keys({
        '?': () => set_help('open'),
        h: () => go('/'),
        s: () => go('/submit'),
        o: () => go('/host'),
        ...(route.page === 'jobs'
            ? { '/': () => document.querySelector<HTMLElement>('.filters input')?.focus() }
            : {}),
    });
    const here = (page: Route['page']) => (route.page === page ? 'page' : undefined);
    return (
        <>
            <a class="skip" href="#main">
                To the content
            </a>
            <nav class="top" aria-label="Main">
                <a class="brand" href="/">
                    krepro
                </a>
                <a href="/" aria-current={here('jobs')}>
                    Jobs
                </a>
                <a href="/submit" aria-current={here('submit')}>
                    Submit
                </a>
                <a href="/host" aria-current={here('host')}>
                    Host
                </a>
                <span class="gap" />
                {door === 'held' ? (
                    <button type="button" class="quiet" onClick={forget_token}>
                        Forget token
                    </button>
                ) : null}
                <button
                    type="button"
                    class="quiet help"
                    onClick={() => set_help('open')}
                    aria-label="Keys"
                    title="Keys (?)"
                >
                    ?
                </button>
            </nav>
            <main id="main" tabIndex={-1} class={`page-${route.page}`}>
                {fault ? (
                    <p class="banner" role="alert">
                        The document cannot be had: <Shown text={fault} />
                    </p>
                ) : null}
                {door === 'asking' ? <AskToken /> : null}
                {/* Kept while a token is asked for: what was typed there is not lost. */}
                <div hidden={door === 'asking'}>
                    <Page route={route} />
                </div>
            </main>
            <Help open={help} close={() => set_help('closed')} />
        </>
    );
}

const root = document.getElementById('app');
if (root) render(<App />, root);
