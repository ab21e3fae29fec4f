// SPDX-License-Identifier: Apache-2.0
// A stand-in for the daemon while the pages are worked on: serves dist/ under the daemon's policy
// and samples below /api/v1. Never part of a build. Usage: node mock/server.mjs [port]
// With KREPRO_MOCK_LINES=1000000 the last trial of job 4 has a console of that many lines.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { running_trial } from './samples.mjs';
import {
    add_job,
    consoles,
    job_document,
    job_summary,
    jobs,
    mail_of_job,
    reports,
    trials,
} from './store.mjs';

const k_dist = fileURLToPath(new URL('../dist', import.meta.url));
const k_policy =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
const k_types = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
};

function send(response, status, type, body, headers = {}) {
    response.writeHead(status, {
        'content-type': type,
        'content-security-policy': k_policy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        ...headers,
    });
    response.end(body);
}

const json = (response, status, value) =>
    send(response, status, 'application/json', JSON.stringify(value));

function problem(response, status, title, detail, more = {}) {
    send(
        response,
        status,
        'application/problem+json',
        JSON.stringify({ type: 'about:blank', title, status, detail, ...more }),
    );
}

function list_jobs(response, url) {
    const text = (url.searchParams.get('q') ?? '').toLowerCase();
    const verdict = url.searchParams.get('verdict');
    const stage = url.searchParams.get('stage');
    const found = [...jobs.values()]
        .reverse()
        .filter(
            (job) =>
                job.title.toLowerCase().includes(text) &&
                (!verdict || job.verdict?.kind === verdict) &&
                (!stage || job.stage === stage),
        );
    json(response, 200, { jobs: found.map(job_summary), next: null });
}

async function post_job(request, response, url) {
    let mail = '';
    for await (const part of request) mail += part;
    const tree = url.searchParams.get('tree') ?? 'debian-6.1.8-rt5';
    if (!tree.startsWith('debian-'))
        return problem(response, 400, 'Bad job', `There is no tree "${tree}".`, {
            where: 'field tree',
            hint: 'One of debian-6.1.8-rt5, debian-6.1-rt, debian-6.12.',
        });
    if (!mail.includes('diff --git'))
        return problem(response, 400, 'Bad mail', 'The mail has no diff.', {
            where: 'field mail',
            hint: 'Send the whole mail, with the patch.',
        });
    return json(
        response,
        202,
        job_document(
            add_job(mail, { tree, workload: url.searchParams.get('workload') ?? 'amplified' }),
        ),
    );
}

function send_console(request, response, id) {
    const whole = consoles.get(id);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (!range) return send(response, 200, 'text/plain; charset=utf-8', whole);
    const start = Number(range[1]);
    const end = Math.min(whole.length, range[2] ? Number(range[2]) + 1 : whole.length);
    if (start >= whole.length)
        return send(response, 416, 'text/plain', '', {
            'content-range': `bytes */${whole.length}`,
        });
    return send(response, 206, 'text/plain; charset=utf-8', whole.subarray(start, end), {
        'content-range': `bytes ${start}-${end - 1}/${whole.length}`,
    });
}

// As the harness writes it: a beat a second, a hit in the last.
function send_harness(response, id) {
    const { outcome } = trials.get(id);
    const lines = [
        { type: 'hello', uptime: 2.1, release: '6.1.8-rt5' },
        { type: 'ready', uptime: 2.6 },
    ];
    const seconds = Math.max(12, Math.round(outcome?.guest_s ?? 20) + 8);
    for (let beat = 0; beat < seconds; ++beat) {
        const uptime = 3 + beat * 1.02;
        const iteration = 1 + Math.floor(beat / 6);
        if (beat % 6 === 0) lines.push({ type: 'iteration_start', uptime, iteration });
        lines.push({
            type: 'heartbeat',
            uptime,
            iteration,
            debug_locks: outcome?.kind === 'hit' && uptime > 20.3 ? 0 : 1,
            dl_tasks: (beat * 7) % 6,
            dl_exits: Math.round((outcome?.exposure ?? 30) * (beat / seconds)),
            mem_available_kib: 700000,
        });
    }
    send(
        response,
        200,
        'text/plain; charset=utf-8',
        lines.map((line) => JSON.stringify(line)).join('\n'),
    );
}

function send_events(response, id) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let seq = 1;
    const emit = (type, data, at = Date.now()) =>
        response.write(
            `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq: seq++, job: id, at: new Date(at).toISOString(), type, data })}\n\n`,
        );
    const job = jobs.get(id);
    const began = Date.parse(job.created_at);
    emit('stage', { stage: 'queued' }, began);
    emit('stage', { stage: 'checking_out' }, began + 400);
    emit('log', { text: 'debian-6.1.8-rt5: patch applied forward, offsets -6 and -136' });
    emit('stage', { stage: 'building' }, began + 12300);
    if (job.stage !== 'building') emit('stage', { stage: 'running' }, began + 331800);
    if (job.stage === 'done') emit('stage', { stage: 'done' }, Date.parse(job.updated_at));
    if (job.stage === 'done') return response.end(`event: end\ndata: {"job":${id}}\n\n`);
    let tick = 0;
    const timer = setInterval(() => {
        ++tick;
        if (job.stage === 'building')
            emit('build', {
                arm: 'unpatched',
                step: 'compiling',
                objects: Math.min(1108, 300 + 13 * tick),
                expected: 1108,
            });
        if (job.stage === 'running')
            emit('heartbeat', {
                trial: running_trial.id,
                arm: 'patched',
                uptime: 4 + tick,
                iteration: 1 + Math.floor(tick / 3),
                debug_locks: 1,
                exposure: 3 * tick,
            });
    }, 1000);
    return response.on('close', () => clearInterval(timer));
}

const k_routes = [
    [/^\/jobs$/, (_, response, url) => list_jobs(response, url)],
    [
        /^\/jobs\/(\d+)$/,
        (_r, response, _u, id) => json(response, 200, job_document(jobs.get(id))),
        jobs,
    ],
    [
        /^\/jobs\/(\d+)\/mail$/,
        (_r, response, _u, id) => send(response, 200, 'text/plain; charset=utf-8', mail_of_job(id)),
        jobs,
    ],
    [
        /^\/jobs\/(\d+)\/trials$/,
        (_r, response, _u, id) =>
            json(response, 200, { trials: [...trials.values()].filter((t) => t.job === id) }),
        jobs,
    ],
    [
        /^\/jobs\/(\d+)\/reports$/,
        (_r, response, _u, id) =>
            json(response, 200, { reports: [...reports.values()].filter((r) => r.job === id) }),
        jobs,
    ],
    [/^\/jobs\/(\d+)\/events$/, (_r, response, _u, id) => send_events(response, id), jobs],
    [/^\/reports\/(\d+)$/, (_r, response, _u, id) => json(response, 200, reports.get(id)), reports],
    [/^\/trials\/(\d+)\/harness$/, (_r, response, _u, id) => send_harness(response, id), trials],
    [/^\/trials\/(\d+)$/, (_r, response, _u, id) => json(response, 200, trials.get(id)), trials],
    [
        /^\/trials\/(\d+)\/console$/,
        (request, response, _u, id) => send_console(request, response, id),
        trials,
    ],
];

function answer_api(request, response, url) {
    const path = url.pathname.slice('/api/v1'.length);
    if (request.method === 'POST' && path === '/jobs') return post_job(request, response, url);
    for (const [pattern, answer, known] of k_routes) {
        const found = pattern.exec(path);
        if (!found) continue;
        const id = Number(found[1]);
        if (known && !known.has(id))
            return problem(response, 404, 'Not found', `There is nothing at ${path}.`, {
                where: path,
            });
        return answer(request, response, url, id);
    }
    return problem(response, 404, 'Not found', `There is no route ${path}.`, { where: path });
}

async function answer_page(response, url) {
    const path = normalize(url.pathname);
    const file = extname(path) ? path : '/index.html';
    try {
        send(
            response,
            200,
            k_types[extname(file)] ?? 'application/octet-stream',
            await readFile(join(k_dist, file)),
        );
    } catch {
        send(response, 404, 'text/plain', 'not found');
    }
}

// A running trial prints a line a second.
setInterval(() => {
    const id = running_trial.id;
    const line = `[  ${(process.uptime() + 60).toFixed(6)}] sched: DL replenish lagged too much\n`;
    consoles.set(id, Buffer.concat([consoles.get(id), Buffer.from(line)]));
}, 1000).unref();

const many_lines = Number(process.env.KREPRO_MOCK_LINES ?? 0);
if (many_lines > 0) {
    const last = Math.max(
        ...[...trials.values()].filter((trial) => trial.job === 4).map((trial) => trial.id),
    );
    const line = (_, n) =>
        `[${(n / 5000).toFixed(6).padStart(13)}] task ${n % 977}: sched_setattr on CPU ${n % 8} took ${n % 331} us\n`;
    consoles.set(last, Buffer.from(Array.from({ length: many_lines }, line).join('')));
    console.log(`mock: ${many_lines} lines on /trials/${last}/console`);
}

// Listens on 127.0.0.1; port 0 is any that is free.
export function start(port) {
    const server = createServer((request, response) => {
        const url = new URL(request.url, 'http://mock');
        const answered = url.pathname.startsWith('/api/v1')
            ? answer_api(request, response, url)
            : answer_page(response, url);
        Promise.resolve(answered).catch((error) =>
            problem(response, 500, 'Mock failed', String(error)),
        );
    });
    return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const server = await start(Number(process.argv[2] ?? 8099));
    console.log(`mock: http://127.0.0.1:${server.address().port}`);
}
