// SPDX-License-Identifier: Apache-2.0
// A mail is submitted in the browser and its job watched while it runs, to its verdict, its report and
// the lines of the console; the daemon is killed and started again under the open page. Another job
// is cancelled. Prints TAP.
// Usage: node web/e2e/live.mjs --url http://127.0.0.1:PORT --mail FILE
// Prints "# restart" when the daemon is to be killed and started again on the same port, and reads
// a line when that is done.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { with_browser } from './browser.mjs';
import { a_verdict_leads_to_its_report_and_that_to_its_lines, demand } from './checks.mjs';
import { Tap } from './tap.mjs';

const { values } = parseArgs({ options: { url: { type: 'string' }, mail: { type: 'string' } } });
if (!values.url || !values.mail) {
    console.error('usage: node web/e2e/live.mjs --url http://127.0.0.1:PORT --mail FILE');
    process.exit(64);
}
const url = values.url.replace(/\/$/, '');
let path = '';

// Counting the hits of the jobs before, and sure enough for a test, it is done in some minutes.
async function submit(page) {
    await page.check('#warm_start');
    await page.selectOption('#confidence', '0.9');
    await page.click('button.primary');
    await page.waitForURL(/\/jobs\/\d+$/);
    path = new URL(page.url()).pathname;
    await page.locator('.timeline').waitFor();
}

async function a_mail_is_understood_and_submitted(run) {
    const { page } = run;
    await page.goto(`${url}/submit`);
    await page.locator('textarea').focus();
    await page.keyboard.insertText(readFileSync(values.mail, 'utf8'));
    const seen = page.locator('.seen');
    await seen.waitFor();
    const text = await seen.innerText();
    for (const part of ['kernel/fork.c', 'stress-ng', 'Expected'])
        demand(text.includes(part), `the preview does not say ${part}`);
    await submit(page);
}

// The kernels are built already: the trials begin within a minute.
async function its_job_moves_by_itself(run) {
    const { page } = run;
    await page.goto(url + path);
    await page.locator('.live-live').waitFor();
    const beat = page.locator('.beat');
    await beat.waitFor({ timeout: 120000 });
    const first = await beat.innerText();
    await page.waitForFunction(
        (old) => document.querySelector('.beat')?.textContent !== old,
        first,
        { timeout: 20000 },
    );
    await page.locator('.lanes .span').first().waitFor();
}

async function its_console_follows_and_stops_when_scrolled(run) {
    const { page } = run;
    await page.goto(url + path);
    const cell = page.locator('a.cell.tone-running');
    await cell.first().waitFor({ timeout: 60000 });
    await cell.first().click();
    const box = page.locator('.console');
    await box.waitFor();
    await page.waitForFunction(
        () => {
            const node = document.querySelector('.console');
            const below = node.scrollHeight - node.scrollTop - node.clientHeight;
            return node.scrollHeight > node.clientHeight && below < 40;
        },
        null,
        { timeout: 60000 },
    );
    await box.hover();
    await page.mouse.wheel(0, -400);
    await page.waitForFunction(() => {
        const follow = document.querySelector('.toolbar input[type=checkbox]');
        return follow === null || !follow.checked;
    });
}

async function a_daemon_killed_under_its_page_is_recovered_from(run) {
    run.expected.push(
        'ERR_CONNECTION_REFUSED',
        'ERR_INCOMPLETE_CHUNKED_ENCODING',
        'ERR_EMPTY_RESPONSE',
        'ERR_CONNECTION_RESET',
    );
    const { page } = run;
    await page.goto(url + path);
    await page.locator('.live-live').waitFor();
    const lines = createInterface({ input: process.stdin });
    const answered = new Promise((resolve) => lines.once('line', resolve));
    console.log('# restart');
    await page.locator('.live-reconnecting').waitFor({ timeout: 30000 });
    await answered;
    lines.close();
    await page.locator('.live-live').waitFor({ timeout: 60000 });
}

async function its_verdict_comes_by_itself_and_leads_to_its_report_and_lines(run) {
    const { page } = run;
    await page.goto(url + path);
    await page.locator('.verdict-box:not(.kind-none)').waitFor({ timeout: 1500000 });
    const said = await page.locator('.verdict-box .badge').innerText();
    demand(said.includes('fixed'), `the verdict is ${said}`);
    await a_verdict_leads_to_its_report_and_that_to_its_lines({ page, url }, path, 'fixed');
}

async function another_is_cancelled_and_its_end_comes_by_itself(run) {
    const { page } = run;
    await page.goto(`${url}/submit`);
    await page.fill('textarea', readFileSync(values.mail, 'utf8'));
    await page.locator('.seen').waitFor();
    await submit(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.verdict-box.kind-error').waitFor({ timeout: 60000 });
    const said = await page.locator('.verdict-box').innerText();
    demand(said.includes('cancelled'), `the page says "${said}"`);
}

await with_browser({}, async (context) => {
    const tap = new Tap(context, url);
    for (const check of [
        a_mail_is_understood_and_submitted,
        its_job_moves_by_itself,
        its_console_follows_and_stops_when_scrolled,
        a_daemon_killed_under_its_page_is_recovered_from,
        its_verdict_comes_by_itself_and_leads_to_its_report_and_lines,
        another_is_cancelled_and_its_end_comes_by_itself,
    ])
        await tap.run(check, {});
    tap.end();
});
