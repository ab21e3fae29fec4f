// SPDX-License-Identifier: Apache-2.0
// The pages of a real daemon whose store was filled by make_store: what a finished job cannot be
// asked to show at will. Job 1 is the seed's, with the same report twice; job 2 holds a dependency
// cycle; job 3 is hostile in all that a mail or a guest can name. Prints TAP.
// Usage: node web/e2e/dashboard.mjs --binary KREPRO --mail MAIL [--shots DIR]
// Starts the daemon itself (KREPRO_STATE says on what), to kill it under an open page.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { with_browser } from './browser.mjs';
import { demand } from './checks.mjs';
import { take_shots } from './shots.mjs';
import { Tap } from './tap.mjs';
import { k_token_checks } from './token_checks.mjs';

const { values } = parseArgs({
    options: {
        binary: { type: 'string' },
        mail: { type: 'string' },
        hostile: { type: 'string' },
        shots: { type: 'string' },
    },
});

// Resolves with the port when the daemon listens. One that listens beyond loopback demands tokens.
function start_daemon(port, address = '127.0.0.1') {
    const env = { ...process.env, KREPRO_ADDRESS: address };
    const daemon = spawn(values.binary, ['serve', '--port', String(port)], { env });
    const ready = new Promise((resolve, reject) => {
        let said = '';
        const take = (bytes) => {
            said += bytes;
            const found = /listens on port (\d+)/.exec(said);
            if (found) resolve(Number(found[1]));
        };
        daemon.stdout.on('data', take);
        daemon.stderr.on('data', take);
        daemon.on('exit', () => reject(new Error(`the daemon ended:\n${said}`)));
    });
    return { daemon, ready };
}

async function ended(daemon, signal) {
    const gone = new Promise((resolve) => daemon.on('exit', resolve));
    daemon.kill(signal);
    await gone;
}

let current = start_daemon(0);
const port = await current.ready;

// A check that failed while the daemon was down does not fail those after it.
async function ensure_daemon() {
    if (current.daemon.exitCode === null && current.daemon.signalCode === null) return;
    current = start_daemon(port);
    await current.ready;
}

const url = `http://127.0.0.1:${port}`;
const get = async (path) => (await fetch(`${url}/api/v1${path}`)).json();
const cyclic = (await get('/jobs/2/reports')).reports.find(
    (stored) => stored.report.locking.chain.length > 1,
);
const hostile_job = await get('/jobs/3');
const hostile_report = hostile_job.reports[0].id;
const hostile_trial = hostile_job.arms.unpatched.trials[0].id;

const k_pages = [
    ['jobs', '/', '.job'],
    ['submit', '/submit', 'textarea'],
    [
        'preview',
        '/submit',
        '.seen',
        (page) => page.fill('textarea', readFileSync(values.mail, 'utf8')),
    ],
    ['host', '/host', '.findings li'],
    ['job', '/jobs/1', '.arms'],
    ['report', `/reports/${(await get('/jobs/1')).reports[0].id}`, '#trace .trace'],
    ['cycle', `/reports/${cyclic.id}`, 'svg.cycle'],
    ['console', '/trials/1/console', '.console .line'],
    ['hostile-job', '/jobs/3', '.arms'],
    ['hostile-report', `/reports/${hostile_report}`, '#trace .trace'],
    ['hostile-console', `/trials/${hostile_trial}/console`, '.console .line'],
];

async function is_harmless(page, path) {
    demand((await page.title()) !== 'owned', `${path}: a script ran`);
    demand(
        (await page.locator('main img, main script, svg script, svg img').count()) === 0,
        `${path}: markup became elements`,
    );
    const text = await page.locator('main').evaluate((node) => node.textContent);
    demand(
        // eslint-disable-next-line no-control-regex
        !/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e]/.test(text),
        `${path}: control characters are on the page`,
    );
    return text;
}

async function hostile_text_is_shown_and_does_nothing(run) {
    for (const [, path, ready] of k_pages.filter(([name]) => name.startsWith('hostile'))) {
        await run.page.goto(url + path);
        await run.page.locator(ready).first().waitFor();
        await run.page.waitForTimeout(300);
        const text = await is_harmless(run.page, path);
        demand(text.includes('<script>') || text.includes('<img'), `${path}: it is not shown`);
        demand(
            (await run.page.locator('.ctl').count()) > 0,
            `${path}: nothing stands for controls`,
        );
    }
    await run.page.goto(`${url}/`);
    await run.page.locator('.job').first().waitFor();
    await is_harmless(run.page, '/');
    await run.page.goto(`${url}/submit`);
    await run.page.fill('textarea', readFileSync(values.hostile, 'utf8'));
    await run.page.locator('.seen').waitFor();
    await is_harmless(run.page, '/submit');
}

async function right_to_left_letters_keep_their_columns_on_the_console(run) {
    await run.page.goto(`${url}/trials/${hostile_trial}/console#L5`);
    const bdi = run.page.locator('.console .line.selected bdi');
    await bdi.waitFor();
    const style = await bdi.evaluate((node) =>
        [getComputedStyle(node).unicodeBidi, getComputedStyle(node).direction].join(' '),
    );
    demand(style === 'isolate-override ltr', `the line's style is ${style}`);
}

async function each_edge_of_a_cycle_opens_its_trace(run) {
    const { chain } = cyclic.report.locking;
    await run.page.goto(`${url}/reports/${cyclic.id}`);
    await run.page.locator('svg.cycle').waitFor();
    const edges = run.page.locator('a.cycle-edge');
    demand((await edges.count()) === chain.length, `${await edges.count()} edges are drawn`);
    for (const { number, frames } of chain) {
        const trace = run.page.locator(`#link-${number} .trace li`);
        demand(
            (await trace.first().isVisible()) === false,
            `trace ${number} is open to begin with`,
        );
        // By the keyboard: a link in a drawing is reached as any other.
        await run.page.locator(`a.cycle-edge[href="#link-${number}"]`).focus();
        await run.page.keyboard.press('Enter');
        await trace.first().waitFor();
        const shown = await trace.locator('.fn').allInnerTexts();
        const want = frames.map((frame) => frame.function);
        demand(shown.join() === want.join(), `edge ${number} shows ${shown}, not ${want}`);
    }
    demand((await run.page.locator('table.scenario tbody tr').count()) > 1, 'no scenario is shown');
}

async function a_line_of_the_raw_text_leads_to_its_field(run) {
    await run.page.goto(`${url}/reports/${cyclic.id}`);
    const linked = run.page.locator('.raw-side a.line');
    await linked.first().waitFor();
    const hrefs = await linked.evaluateAll((nodes) =>
        nodes.map((node) => node.getAttribute('href')),
    );
    const missing = await run.page.evaluate(
        (ids) => ids.filter((id) => !document.getElementById(id.slice(1))),
        hrefs,
    );
    demand(missing.length === 0, `lines lead nowhere: ${missing.join(', ')}`);
    for (const field of ['title', 'lock-0', 'lock-1', 'held-0', 'link-1', 'frame-0', 'scenario'])
        demand(hrefs.includes(`#${field}`), `no line leads to ${field}`);
    const frame = linked.filter({ hasText: 'ret_from_fork' }).last();
    await frame.click();
    const target = await run.page.locator('#trace li:target').innerText();
    demand(target.includes('ret_from_fork'), `the line leads to "${target}"`);
}

async function the_same_bug_elsewhere_is_listed(run) {
    const { reports } = await get('/jobs/1');
    const twice = reports.find(
        (one) => reports.filter((other) => other.signature === one.signature).length > 1,
    );
    await run.page.goto(`${url}/reports/${twice.id}`);
    const listed = run.page.locator('.sightings a');
    await listed.first().waitFor();
    const same = reports.filter((other) => other.signature === twice.signature);
    demand(
        (await listed.count()) >= same.length - 1,
        `${await listed.count()} are listed, ${same.length - 1} are there`,
    );
    const search = run.page.locator('a[href^="https://lore.kernel.org/"]');
    demand((await search.getAttribute('rel')).includes('noreferrer'), 'the search is told of us');
}

async function a_mail_is_understood_while_it_is_typed(run) {
    run.expected.push('400');
    await run.page.goto(`${url}/submit`);
    await run.page.fill('textarea', 'not a mail');
    await run.page.locator('.fault-note').waitFor();
    await run.page.fill('textarea', readFileSync(values.mail, 'utf8'));
    const seen = run.page.locator('.seen');
    await seen.waitFor();
    const text = await seen.innerText();
    for (const part of ['kernel/fork.c', 'include/linux/sched/task.h', 'stress-ng', 'Expected'])
        demand(text.includes(part), `the preview does not say ${part}`);
    const changed = () => run.page.locator('.seen .diff .added').count();
    demand((await changed()) > 0, 'what amplifying changes is not shown');
    await run.page.selectOption('#workload', 'verbatim');
    demand((await changed()) === 0, 'verbatim is shown as changed');
    const jobs = await get('/jobs');
    demand(jobs.jobs.length === 3, 'the preview queued a job');
}

async function the_host_is_shown(run) {
    const host = await get('/host');
    await run.page.goto(`${url}/host`);
    await run.page.locator('.findings li').first().waitFor();
    const rows = await run.page.locator('.findings li').count();
    demand(rows === host.findings.length, `${rows} findings of ${host.findings.length}`);
    const page = await run.page.locator('main').innerText();
    for (const { name } of (await get('/trees')).trees)
        demand(page.includes(name), `the tree ${name} is not on the page`);
    for (const { name } of (await get('/profiles')).profiles)
        demand(page.includes(name), `the profile ${name} is not on the page`);
}

async function all_exports_can_be_had(run) {
    await run.page.goto(`${url}/jobs/1`);
    const links = run.page.locator('section[aria-labelledby="exports"] a');
    await links.first().waitFor();
    const hrefs = await links.evaluateAll((nodes) =>
        nodes.map((node) => node.getAttribute('href')),
    );
    demand(hrefs.at(-1) === '/api/v1/jobs/1/bundle', `the last link is ${hrefs.at(-1)}`);
    const formats = hrefs.slice(0, -1);
    demand(formats.length === 6, `${formats.length} formats are offered`);
    for (const href of formats) {
        const answer = await fetch(url + href);
        demand(answer.ok && (await answer.text()) !== '', `${href} answers ${answer.status}`);
    }
}

async function a_new_job_comes_into_the_list_by_itself(run) {
    const { page } = run;
    await page.goto(`${url}/`);
    await page.locator('.live-live').waitFor();
    // What is read because the stream was opened is read by then; the next look would be too late.
    await page.waitForTimeout(2000);
    const queued = await fetch(`${url}/api/v1/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: readFileSync(values.mail, 'utf8'),
    });
    const { id } = await queued.json();
    await fetch(`${url}/api/v1/jobs/${id}/cancel`, { method: 'POST' });
    const row = page.locator('.job', { has: page.locator(`a[href="/jobs/${id}"]`) });
    await row.waitFor({ timeout: 10000 });
    await row.locator('.badge', { hasText: 'cancelled' }).waitFor({ timeout: 30000 });
}

async function every_page_has_its_twins(run) {
    for (const [, path, ready, prepare] of k_pages) {
        await run.page.goto(url + path);
        await prepare?.(run.page);
        await run.page.locator(ready).first().waitFor();
        for (const [ending, type] of [
            ['json', 'application/json'],
            ['txt', 'text/plain'],
        ]) {
            const link = run.page.locator(`.links a[href*=".${ending}"]`).first();
            const href = await link.getAttribute('href');
            const answer = await fetch(url + href);
            const body = await answer.text();
            demand(
                answer.ok && answer.headers.get('content-type').startsWith(type) && body !== '',
                `${href} answers ${answer.status} ${answer.headers.get('content-type')}`,
            );
            if (ending === 'json') JSON.parse(body);
        }
    }
}

const k_outages = [
    'ERR_CONNECTION_REFUSED',
    'ERR_INCOMPLETE_CHUNKED_ENCODING',
    'ERR_EMPTY_RESPONSE',
    'ERR_CONNECTION_RESET',
];

async function a_daemon_killed_under_an_open_page_is_said_and_recovered_from(run) {
    run.expected.push(...k_outages);
    await run.page.goto(`${url}/`);
    await run.page.locator('.live-live').waitFor();
    const place = await run.page.locator('.job').first().boundingBox();
    await ended(current.daemon, 'SIGKILL');
    await run.page.locator('.banner').waitFor({ timeout: 15000 });
    demand((await run.page.locator('.job').count()) === 3, 'the list is gone');
    await run.page.locator('.live-reconnecting').waitFor();
    const now = await run.page.locator('.job').first().boundingBox();
    demand(Math.abs(place.y - now.y) < 2, `the page jumped by ${now.y - place.y} pixels`);
    current = start_daemon(port);
    await current.ready;
    await run.page.locator('.banner').waitFor({ state: 'detached', timeout: 20000 });
    await run.page.locator('.live-live').waitFor({ timeout: 20000 });
}

async function the_keyboard_alone_is_enough(run) {
    const { page } = run;
    const has_focus = (selector) =>
        page.evaluate((wanted) => document.activeElement?.matches(wanted), selector);
    const tab_to = async (selector) => {
        for (let i = 0; i < 60 && !(await has_focus(selector)); ++i)
            await page.keyboard.press('Tab');
        demand(await has_focus(selector), `Tab does not reach ${selector}`);
    };
    await page.goto(`${url}/`);
    await page.locator('.job').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('put_task_struct');
    await page.locator('.job').nth(1).waitFor({ state: 'detached' });
    await tab_to('a.job-title');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/jobs\/1$/);
    await page.locator('.verdict-box .badge').waitFor();
    demand(await has_focus('#main'), 'the new page has no focus');
    await tab_to('.reports a');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/reports\/\d+$/);
    await page.locator('#trace .trace').waitFor();
    await tab_to('.crumbs a[href$="/console"]');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/console$/);
    await page.locator('.toolbar button:not([disabled])').first().waitFor();
    await page.keyboard.press('n');
    await page.locator('.console .line.marked.selected').first().waitFor();
    await page.keyboard.press('s');
    await page.waitForURL(/\/submit$/);
    await page.keyboard.press('o');
    await page.waitForURL(/\/host$/);
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('h');
    await page.waitForURL(/\/$/);
}

async function going_back_returns_to_the_page_before(run) {
    await run.page.goto(`${url}/`);
    await run.page.locator('a.job-title[href="/jobs/1"]').click();
    await run.page.locator('.verdict-box').waitFor();
    await run.page.goBack();
    await run.page.locator('ul.jobs').waitFor();
    await run.page.goForward();
    await run.page.locator('.verdict-box').waitFor();
}

async function look_at(page, pages) {
    const folder = values.shots ?? (await mkdtemp(join(tmpdir(), 'krepro-shots-')));
    try {
        return await take_shots(page, url, pages, folder);
    } finally {
        if (!values.shots) await rm(folder, { recursive: true, force: true });
    }
}

function pages_fit_and_are_accessible_wide_and_narrow_light_and_dark(run) {
    return look_at(run.page, k_pages);
}

function pages_that_ask_for_a_token_fit_and_are_accessible(run) {
    run.expected.push('401');
    const refused = async (page) => {
        await page.fill('#token', `krepro_${'0'.repeat(64)}`);
        await page.keyboard.press('Enter');
    };
    return look_at(run.page, [
        ['token', '/', '.ask-token'],
        ['token-refused', '/', '#token-fault bdi', refused],
    ]);
}

const k_checks = [
    hostile_text_is_shown_and_does_nothing,
    right_to_left_letters_keep_their_columns_on_the_console,
    each_edge_of_a_cycle_opens_its_trace,
    a_line_of_the_raw_text_leads_to_its_field,
    the_same_bug_elsewhere_is_listed,
    a_mail_is_understood_while_it_is_typed,
    the_host_is_shown,
    every_page_has_its_twins,
    a_daemon_killed_under_an_open_page_is_said_and_recovered_from,
    the_keyboard_alone_is_enough,
    going_back_returns_to_the_page_before,
    all_exports_can_be_had,
    pages_fit_and_are_accessible_wide_and_narrow_light_and_dark,
    a_new_job_comes_into_the_list_by_itself,
];

function krepro_token(...words) {
    return execFileSync(values.binary, ['token', ...words], { encoding: 'utf8' }).trim();
}

async function check_with_tokens(tap) {
    await ensure_daemon();
    await ended(current.daemon, 'SIGTERM');
    current = start_daemon(port, '0.0.0.0');
    await current.ready;
    const doomed = JSON.parse(krepro_token('add', 'doomed', '--role', 'read', '--json'));
    const facts = {
        mail: readFileSync(values.mail, 'utf8'),
        secrets: {
            read: krepro_token('add', 'reader', '--role', 'read'),
            submit: krepro_token('add', 'writer', '--role', 'submit'),
            doomed: doomed.token,
        },
        revoke_doomed: () => krepro_token('revoke', String(doomed.id)),
    };
    for (const check of k_token_checks) await tap.run(check, facts);
    await tap.run(pages_that_ask_for_a_token_fit_and_are_accessible, facts);
}

// Whatever happens to the browser: no daemon is left behind.
try {
    await with_browser({}, async (context) => {
        const tap = new Tap(context, url);
        for (const check of k_checks) {
            await ensure_daemon();
            await tap.run(check, {});
        }
        await check_with_tokens(tap);
        tap.end();
    });
} finally {
    await ensure_daemon();
    await ended(current.daemon, 'SIGTERM');
}
