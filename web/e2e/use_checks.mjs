// SPDX-License-Identifier: Apache-2.0
// Using the pages: by the keyboard, back and forth, while the daemon comes and goes.

import { a_verdict_leads_to_its_report_and_that_to_its_lines, demand } from './checks.mjs';
import { has_focus, tab_to } from './keyboard.mjs';
import { a_running_job } from './staged.mjs';

const k_outages = [
    'ERR_CONNECTION_REFUSED',
    'ERR_INCOMPLETE_CHUNKED_ENCODING',
    'ERR_EMPTY_RESPONSE',
    'ERR_CONNECTION_RESET',
];

async function the_host_is_shown(run) {
    const host = await run.get('/host');
    await run.page.goto(`${run.url}/host`);
    await run.page.locator('.findings li').first().waitFor();
    const rows = await run.page.locator('.findings li').count();
    demand(rows === host.findings.length, `${rows} findings of ${host.findings.length}`);
    const page = await run.page.locator('main').innerText();
    // The trees "before" and "after" are fetched, and those that ship with krepro are not.
    for (const { name, origin, fetched } of (await run.get('/trees')).trees) {
        const row = run.page.locator('.trees-table tr', {
            has: run.page.locator('code', { hasText: new RegExp(`^${name}$`) }),
        });
        const said = await row.innerText();
        demand(said.includes(origin), `the page does not say where ${name} comes from: "${said}"`);
        const words = ['before', 'after'].includes(name) ? /✓ here.*\d.*B/s : /not fetched/;
        demand(
            words.test(said) && fetched === said.includes('here'),
            `of ${name} the page says "${said}"`,
        );
    }
    for (const { name } of (await run.get('/profiles')).profiles)
        demand(page.includes(name), `the profile ${name} is not on the page`);
}

async function every_page_has_its_twins(run) {
    for (const [, path, ready, prepare] of run.pages) {
        await run.page.goto(run.url + path);
        await prepare?.(run.page);
        await run.page.locator(ready).first().waitFor();
        for (const [ending, type] of [
            ['json', 'application/json'],
            ['txt', 'text/plain'],
        ]) {
            const link = run.page.locator(`.links a[href*=".${ending}"]`).first();
            const href = await link.getAttribute('href');
            const answer = await fetch(run.url + href);
            const body = await answer.text();
            demand(
                answer.ok && answer.headers.get('content-type').startsWith(type) && body !== '',
                `${href} answers ${answer.status} ${answer.headers.get('content-type')}`,
            );
            if (ending === 'json') JSON.parse(body);
        }
    }
}

async function a_daemon_killed_under_an_open_page_is_said_and_recovered_from(run) {
    run.expected.push(...k_outages);
    await run.page.goto(`${run.url}/`);
    await run.page.locator('.live-live').waitFor();
    const place = await run.page.locator('.job').first().boundingBox();
    await run.daemon.end('SIGKILL');
    await run.page.locator('.banner').waitFor({ timeout: 15000 });
    demand((await run.page.locator('.job').count()) === 3, 'the list is gone');
    await run.page.locator('.live-reconnecting').waitFor();
    const now = await run.page.locator('.job').first().boundingBox();
    demand(Math.abs(place.y - now.y) < 2, `the page jumped by ${now.y - place.y} pixels`);
    await run.daemon.start();
    await run.page.locator('.banner').waitFor({ state: 'detached', timeout: 20000 });
    await run.page.locator('.live-live').waitFor({ timeout: 20000 });
}

async function the_keyboard_alone_is_enough(run) {
    const { page } = run;
    await page.goto(`${run.url}/`);
    await page.locator('.job').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('put_task_struct');
    await page.locator('.job').nth(1).waitFor({ state: 'detached' });
    await tab_to(page, 'a.job-title');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/jobs\/1$/);
    await page.locator('.verdict-box .badge').waitFor();
    demand(await has_focus(page, '#main'), 'the new page has no focus');
    await tab_to(page, '.reports a');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/reports\/\d+$/);
    await page.locator('#trace .trace').waitFor();
    await tab_to(page, '.crumbs a[href$="/console"]');
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
    await run.page.goto(`${run.url}/`);
    await run.page.locator('a.job-title[href="/jobs/1"]').click();
    await run.page.locator('.verdict-box').waitFor();
    await run.page.goBack();
    await run.page.locator('ul.jobs').waitFor();
    await run.page.goForward();
    await run.page.locator('.verdict-box').waitFor();
}

async function a_verdict_its_report_and_its_lines_are_a_click_apart(run) {
    const job = await run.get('/jobs/1');
    const title = await a_verdict_leads_to_its_report_and_that_to_its_lines(
        run,
        '/jobs/1',
        job.verdict.kind,
    );
    demand(
        job.reports.some((report) => report.title.replace(/\s+/g, ' ') === title),
        `no report is called "${title}"`,
    );
}

function problem(status, headers = {}) {
    return {
        status,
        headers,
        contentType: 'application/problem+json',
        body: JSON.stringify({ title: 'No', status, detail: 'the store hiccups', hint: 'wait' }),
    };
}

// The first answer to this request is a problem, and those after it are the daemon's own.
async function fail_once(page, path, answer) {
    let asked = 0;
    await page.route(
        (url) => url.pathname === path,
        (route) => (asked++ === 0 ? route.fulfill(answer) : route.continue()),
    );
}

async function an_error_of_the_api_is_said_and_recovered_from(run) {
    run.expected.push('500');
    await fail_once(run.page, '/api/v1/jobs/1', problem(500));
    await run.page.goto(`${run.url}/jobs/1`);
    const failure = run.page.locator('.state.failure', { hasText: 'the store hiccups' });
    await failure.waitFor();
    await run.page.locator('.verdict-box .badge').waitFor({ timeout: 10000 });
}

async function too_many_requests_are_waited_out(run) {
    run.expected.push('429');
    await fail_once(run.page, '/api/v1/jobs/1', problem(429, { 'retry-after': '1' }));
    await run.page.goto(`${run.url}/jobs/1`);
    await run.page.locator('.state.loading').waitFor();
    await run.page.locator('.verdict-box .badge').waitFor({ timeout: 10000 });
    demand((await run.page.locator('.failure').count()) === 0, 'a failure is shown');
}

async function a_running_job_says_how_long_it_may_still_take(run) {
    await run.page.goto(`${run.url}/jobs/1`);
    await run.page.locator('.verdict-box').waitFor();
    const undo = await a_running_job(run.page);
    const now = run.page.locator('.step.now .took', { hasText: 'left' });
    await now.filter({ hasText: /about 4.min left/ }).waitFor();
    const said = await now.innerText();
    demand(/29 of 42 objects, about 20.s left/.test(said), `of the build it says "${said}"`);
    await undo();
}

// What a store of finished jobs has: the daemon itself refuses to cancel one.
async function a_cancel_that_failed_can_be_asked_for_again(run) {
    run.expected.push('409');
    const { page } = run;
    await page.goto(`${run.url}/jobs/1`);
    await page.locator('.verdict-box').waitFor();
    const undo = await a_running_job(page);
    const button = page.getByRole('button', { name: 'Cancel' });
    await button.click();
    await page.locator('.links .fault').waitFor();
    demand(!(await button.isDisabled()), 'the button is not to be pressed again');
    await page.route('**/api/v1/jobs/1/cancel', (route) =>
        route.fulfill({ status: 202, json: {} }),
    );
    await button.click();
    await page.getByRole('button', { name: 'being cancelled' }).waitFor();
    demand((await page.locator('.links .fault').count()) === 0, 'the old failure stays');
    await undo();
}

async function the_list_follows_its_address(run) {
    const { page } = run;
    const listed = () => page.locator('.job').count();
    await page.goto(`${run.url}/?q=put_task_struct`);
    await page.locator('.job').first().waitFor();
    demand((await listed()) === 1, `${await listed()} jobs are listed`);
    await page.locator('nav a[href="/"]').last().click();
    await page.locator('.job').nth(2).waitFor();
    demand((await page.inputValue('.filters input')) === '', 'the filter still stands there');
    await page.goBack();
    await page.locator('.job').nth(1).waitFor({ state: 'detached' });
    demand((await page.inputValue('.filters input')) === 'put_task_struct', 'the filter is gone');
    // As if there were more jobs than a page has.
    await page.route(
        (url) => url.pathname === '/api/v1/jobs',
        async (route) => {
            const answer = await route.fetch();
            const body = await answer.json();
            const older = route.request().url().includes('before=');
            if (!older) body.jobs.splice(1);
            await route.fulfill({ json: { ...body, next: older ? null : 'there are more' } });
        },
    );
    await page.goto(`${run.url}/`);
    await page.getByRole('button', { name: 'Older jobs' }).click();
    await page.locator('.job').nth(1).waitFor();
    demand(/before=\d+/.test(page.url()), `the address is ${page.url()}`);
    await page.goBack();
    await page.getByRole('button', { name: 'Older jobs' }).waitFor();
}

export const k_use_checks = [
    the_list_follows_its_address,
    a_verdict_its_report_and_its_lines_are_a_click_apart,
    an_error_of_the_api_is_said_and_recovered_from,
    too_many_requests_are_waited_out,
    a_running_job_says_how_long_it_may_still_take,
    a_cancel_that_failed_can_be_asked_for_again,
    the_host_is_shown,
    every_page_has_its_twins,
    a_daemon_killed_under_an_open_page_is_said_and_recovered_from,
    the_keyboard_alone_is_enough,
    going_back_returns_to_the_page_before,
];
