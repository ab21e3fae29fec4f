// SPDX-License-Identifier: Apache-2.0
// Pages in states that a store of finished jobs does not have: what the daemon says of job 1 is
// changed on its way to the page. Each returns what ends it.

async function json_of(page, path) {
    return (await page.request.get(new URL(path, page.url()).href)).json();
}

function answer(page, path, body) {
    return page.route(
        (url) => url.pathname === path,
        (route) => route.fulfill({ json: body }),
    );
}

async function seen_anew(page) {
    await page.reload();
    return () => page.unrouteAll({ behavior: 'ignoreErrors' });
}

const k_build = {
    release: '6.1.8-rt5',
    key: '5f'.repeat(32),
    cached: false,
    objects: 1108,
    skipped: 0,
    audit: '',
    wall_s: 402,
};

const k_counts = { trials: 0, hits: 0, clean: 0, other: 0, void: 0, exposure: 0, wall_s: 0 };

// The trial that runs in these jobs: the third without the patch.
function running_trial(job) {
    const trial = job.arms.unpatched.trials[2];
    return {
        ...trial,
        outcome: null,
        ended_at: null,
        running: true,
        started_at: new Date(Date.now() - 41000).toISOString(),
    };
}

// Two hits of the three that are asked for, one trial running, the patched kernel being built.
function as_running(job) {
    const trials = [...job.arms.unpatched.trials.slice(0, 2), running_trial(job)];
    const counts = {
        ...k_counts,
        trials: 3,
        hits: 2,
        exposure: trials[0].outcome.exposure + trials[1].outcome.exposure,
        wall_s: trials[0].outcome.wall_s + trials[1].outcome.wall_s,
    };
    return {
        ...job,
        stage: 'running',
        verdict: null,
        arms: {
            unpatched: { build: { ...job.arms.unpatched.build, ...k_build }, counts, trials },
            patched: { build: null, counts: k_counts, trials: [] },
        },
    };
}

function events_of(job) {
    const at = new Date().toISOString();
    const told = [
        ['stage', { stage: 'building' }],
        ['stage', { stage: 'running' }],
        ['build', { arm: 'patched', step: 'compiling', objects: 29, expected: 42, left_s: 18.5 }],
        [
            'heartbeat',
            {
                trial: running_trial(job).id,
                arm: 'unpatched',
                uptime: 31.6,
                iteration: 4,
                exposure: 27,
                debug_locks: 1,
                left_s: 262,
            },
        ],
        ['log', { text: '2 trials at once; this host has room for 2' }],
    ];
    return told
        .map(([type, data], i) => {
            const event = JSON.stringify({ seq: i + 1, job: job.id, at, type, data });
            return `id: ${i + 1}\nevent: ${type}\ndata: ${event}\n\n`;
        })
        .join('');
}

// Its events break off: the page shows that it connects anew.
export async function a_running_job(page) {
    const job = await json_of(page, '/api/v1/jobs/1');
    await answer(page, '/api/v1/jobs/1', as_running(job));
    await page.route(
        (url) => url.pathname === '/api/v1/jobs/1/events',
        (route) => route.fulfill({ contentType: 'text/event-stream', body: events_of(job) }),
    );
    return seen_anew(page);
}

export async function a_job_that_failed(page) {
    const job = await json_of(page, '/api/v1/jobs/1');
    await answer(page, '/api/v1/jobs/1', {
        ...job,
        verdict: {
            ...job.verdict,
            kind: 'error',
            sentence: 'The patched kernel does not compile.',
        },
        problem: {
            stage: 'building',
            what: 'kernel/fork.c:544: implicit declaration of put_task',
            where: 'the patched kernel, kernel/fork.o',
            hint: 'mend the patch and submit it again',
            excerpt: [],
        },
        arms: { ...job.arms, patched: { build: null, counts: k_counts, trials: [] } },
    });
    return seen_anew(page);
}

export async function no_jobs(page) {
    await answer(page, '/api/v1/jobs', { jobs: [], next: null });
    return seen_anew(page);
}

export async function a_busy_host(page) {
    const host = await json_of(page, '/api/v1/host');
    const job = await json_of(page, '/api/v1/jobs/1');
    const { jobs } = await json_of(page, '/api/v1/jobs');
    await answer(page, '/api/v1/host', {
        ...host,
        unfinished_jobs: 3,
        running: [running_trial(job)],
        queue: jobs.map((summary, i) => ({
            ...summary,
            stage: ['running', 'building', 'queued'][i % 3],
        })),
    });
    return seen_anew(page);
}

// What was loaded stays, and the page says that it is old: the host's page asks every few seconds.
export async function a_silent_daemon(page) {
    await page.locator('.findings li').first().waitFor();
    await page.route(
        (url) => url.pathname.startsWith('/api/'),
        (route) => route.abort('connectionrefused'),
    );
    return () => page.unrouteAll({ behavior: 'ignoreErrors' });
}

export async function an_answer_that_is_awaited(page) {
    await page.route(
        (url) => url.pathname === '/api/v1/jobs/1',
        () => undefined,
    );
    return seen_anew(page);
}
