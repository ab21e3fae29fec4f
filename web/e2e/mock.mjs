// SPDX-License-Identifier: Apache-2.0
// What cannot be provoked on a daemon at will, on the mock: hostile text, a daemon that goes away
// and comes back, live pages, the keyboard alone. Prints TAP. Usage: node web/e2e/mock.mjs

import { readFileSync } from 'node:fs';

import { start } from '../mock/server.mjs';
import { with_browser } from './browser.mjs';
import { demand } from './checks.mjs';
import { Tap } from './tap.mjs';

let server = await start(0);
const { port } = server.address();
const url = `http://127.0.0.1:${port}`;
const mail = readFileSync(new URL('../mock/data/mail.txt', import.meta.url), 'utf8');

async function stop_server() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
}

async function hostile_text_is_shown_and_does_nothing(run) {
    const job = await (await fetch(`${url}/api/v1/jobs/5`)).json();
    const trial = job.arms.unpatched.trials[0].id;
    for (const path of [
        '/',
        '/jobs/5',
        `/reports/${job.reports[0].id}`,
        `/trials/${trial}/console`,
    ]) {
        await run.page.goto(url + path);
        await run.page.locator('.ctl').first().waitFor();
        await run.page.waitForTimeout(200);
        demand(!(await run.page.title()).includes('owned\u0007'), `${path}: a title was set raw`);
        demand((await run.page.title()) !== 'owned', `${path}: a script ran`);
        demand(
            (await run.page.locator('main img, main script').count()) === 0,
            `${path}: markup became elements`,
        );
        const text = await run.page.locator('main').evaluate((node) => node.textContent);
        demand(
            !/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e]/.test(text),
            `${path}: control characters are on the page`,
        );
    }
}

async function right_to_left_letters_keep_their_columns_on_the_console(run) {
    const job = await (await fetch(`${url}/api/v1/jobs/5`)).json();
    await run.page.goto(`${url}/trials/${job.arms.unpatched.trials[0].id}/console#L5`);
    const bdi = run.page.locator('.console .line.selected bdi');
    await bdi.waitFor();
    const style = await bdi.evaluate((node) =>
        [getComputedStyle(node).unicodeBidi, getComputedStyle(node).direction].join(' '),
    );
    demand(style === 'isolate-override ltr', `the line's style is ${style}`);
}

async function a_mail_is_submitted_and_its_job_opens(run) {
    await run.page.goto(`${url}/submit`);
    await run.page.fill('textarea', mail);
    const seen = await run.page.locator('.seen').innerText();
    demand(seen.includes('kernel/fork.c') && seen.includes('stress-ng'), `the form says "${seen}"`);
    await run.page.click('button.primary');
    await run.page.waitForURL(/\/jobs\/\d+$/);
    await run.page.locator('.verdict-box .badge', { hasText: 'queued' }).waitFor();
}

async function a_refused_tree_is_said_at_its_field(run) {
    run.expected.push('400');
    await run.page.goto(`${url}/submit`);
    await run.page.fill('textarea', mail);
    await run.page.fill('#tree', 'nowhere');
    await run.page.keyboard.press('Enter');
    await run.page.locator('#tree-fault').waitFor();
    demand(
        (await run.page.evaluate(() => document.activeElement?.id)) === 'tree',
        'the field is not in focus',
    );
}

async function a_running_job_moves_by_itself(run) {
    await run.page.goto(`${url}/jobs/6`);
    await run.page.locator('.live-live').waitFor();
    const beat = run.page.locator('.beat');
    await beat.waitFor();
    const first = await beat.innerText();
    await run.page.waitForFunction(
        (old) => document.querySelector('.beat')?.textContent !== old,
        first,
        { timeout: 5000 },
    );
}

async function a_live_console_follows_and_stops_when_scrolled(run) {
    const job = await (await fetch(`${url}/api/v1/jobs/6`)).json();
    const running = job.arms.patched.trials.find((trial) => trial.outcome === null);
    await run.page.goto(`${url}/trials/${running.id}/console`);
    const box = run.page.locator('.console');
    await box.waitFor();
    const size = run.page.locator('.toolbar .size');
    const first = await size.innerText();
    await run.page.waitForFunction(
        (old) => document.querySelector('.toolbar .size')?.innerText !== old,
        first,
        { timeout: 6000 },
    );
    const below = await box.evaluate(
        (node) => node.scrollHeight - node.scrollTop - node.clientHeight,
    );
    demand(below < 40, `the end is ${below} pixels below`);
    await box.hover();
    await run.page.mouse.wheel(0, -400);
    await run.page.waitForFunction(
        () => document.querySelector('.toolbar input[type=checkbox]')?.checked === false,
    );
}

async function a_daemon_that_restarts_is_said_and_recovered_from(run) {
    run.expected.push(
        'ERR_CONNECTION_REFUSED',
        'ERR_INCOMPLETE_CHUNKED_ENCODING',
        'ERR_EMPTY_RESPONSE',
        'ERR_CONNECTION_RESET',
    );
    await run.page.goto(`${url}/`);
    await run.page.locator('.job').first().waitFor();
    await stop_server();
    await run.page.locator('.banner').waitFor({ timeout: 15000 });
    demand(
        (await run.page.locator('.job').count()) > 0,
        'the list is gone while the daemon is away',
    );
    server = await start(port);
    await run.page.locator('.banner').waitFor({ state: 'detached', timeout: 20000 });
}

async function a_live_job_page_outlives_a_restart(run) {
    run.expected.push(
        'ERR_CONNECTION_REFUSED',
        'ERR_INCOMPLETE_CHUNKED_ENCODING',
        'ERR_EMPTY_RESPONSE',
        'ERR_CONNECTION_RESET',
    );
    await run.page.goto(`${url}/jobs/6`);
    await run.page.locator('.live-live').waitFor();
    await stop_server();
    await run.page.locator('.live-reconnecting').waitFor({ timeout: 10000 });
    server = await start(port);
    await run.page.locator('.live-live').waitFor({ timeout: 20000 });
}

async function the_keyboard_alone_is_enough(run) {
    await run.page.goto(`${url}/`);
    await run.page.locator('.job').first().waitFor();
    await run.page.keyboard.press('/');
    await run.page.keyboard.type('reword');
    await run.page.locator('.job').nth(1).waitFor({ state: 'detached' });
    for (let i = 0; i < 12; ++i) {
        await run.page.keyboard.press('Tab');
        if (await run.page.evaluate(() => document.activeElement?.classList.contains('job-title')))
            break;
    }
    await run.page.keyboard.press('Enter');
    await run.page.waitForURL(/\/jobs\/2$/);
    await run.page.locator('.verdict-box .badge').waitFor();
    demand(
        (await run.page.evaluate(() => document.activeElement?.id)) === 'main',
        'the new page has no focus',
    );
    await run.page.keyboard.press('s');
    await run.page.waitForURL(/\/submit$/);
    await run.page.keyboard.press('h');
    await run.page.waitForURL(/\/$/);
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

const k_checks = [
    hostile_text_is_shown_and_does_nothing,
    right_to_left_letters_keep_their_columns_on_the_console,
    a_mail_is_submitted_and_its_job_opens,
    a_refused_tree_is_said_at_its_field,
    a_running_job_moves_by_itself,
    a_live_console_follows_and_stops_when_scrolled,
    a_daemon_that_restarts_is_said_and_recovered_from,
    a_live_job_page_outlives_a_restart,
    the_keyboard_alone_is_enough,
    going_back_returns_to_the_page_before,
];

await with_browser({}, async (context) => {
    const tap = new Tap(context, url);
    for (const check of k_checks) await tap.run(check, {});
    tap.end();
});
await stop_server();
