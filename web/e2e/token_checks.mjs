// SPDX-License-Identifier: Apache-2.0
// The pages of a daemon that demands a token. Each check takes `run.secrets`: a token of each role.

import { demand } from './checks.mjs';

const k_refusals = ['401', '403'];

async function give(page, secret) {
    await page.fill('#token', secret);
    await page.keyboard.press('Enter');
}

async function ask_and_give(run, path, secret) {
    run.expected.push(...k_refusals);
    await run.page.goto(run.url + path);
    await run.page.locator('.ask-token').waitFor();
    await give(run.page, secret);
    await run.page.locator('.ask-token').waitFor({ state: 'detached' });
}

async function a_token_is_asked_for_and_a_wrong_one_is_told(run) {
    run.expected.push(...k_refusals);
    const { page } = run;
    await page.goto(`${run.url}/`);
    await page.locator('.ask-token').waitFor();
    const fault = page.locator('#token-fault');
    for (const [text, words] of [
        ['', 'Paste a token'],
        ['password', 'begins with krepro_'],
        [run.secrets.read.slice(0, -4), 'not whole'],
        [`krepro_${'0'.repeat(64)}`, 'does not know this token'],
    ]) {
        await give(page, text);
        await fault.filter({ hasText: words }).waitFor();
        demand((await page.locator('.job').count()) === 0, `jobs are shown to "${text}"`);
    }
    await give(page, run.secrets.read);
    await page.locator('.job').first().waitFor();
    await page.locator('.live-live').waitFor();
    await page.reload();
    await page.locator('.job').first().waitFor();
}

async function the_token_is_in_no_address_and_goes_with_the_tab(run) {
    const asked = [];
    run.page.on('request', (request) => asked.push(request));
    await ask_and_give(run, '/jobs/1', run.secrets.read);
    await run.page.locator('.verdict-box .badge').waitFor();
    await run.page.locator('.reports a').first().click();
    await run.page.locator('#trace .trace').waitFor();
    await run.page.locator('.crumbs a[href$="/console"]').click();
    await run.page.locator('.console .line bdi').first().waitFor();
    for (const request of asked)
        demand(!request.url().includes('krepro_'), `the token is in ${request.url()}`);
    const streams = asked.filter((request) => request.url().endsWith('/events'));
    demand(streams.length > 0, 'no stream of events was opened');
    for (const stream of streams.slice(-1))
        demand((await stream.response()).status() === 200, 'the stream is refused');
    const kept = await run.page.evaluate(() => [
        document.cookie,
        JSON.stringify(localStorage),
        String(location),
    ]);
    demand(!kept.join().includes('krepro_'), 'the token is kept where it outlives the tab');
}

async function documents_open_with_the_token(run) {
    await ask_and_give(run, '/jobs/1', run.secrets.read);
    const download = run.page.waitForEvent('download');
    await run.page.locator('a[href$="/exports/junit"]').click();
    const file = await download;
    demand(file.suggestedFilename() === 'krepro-job-1.xml', `it is ${file.suggestedFilename()}`);
    await run.page.locator('a[href="/jobs/1.txt"]').click();
    await run.page.waitForURL(/^blob:/);
    const text = await run.page.locator('pre').innerText();
    demand(text.includes('put_task_struct'), `the text twin says ${text.slice(0, 80)}`);
    await run.page.goBack();
    await run.page.locator('.verdict-box').waitFor();
}

async function a_role_that_does_not_suffice_is_told_and_the_mail_stays(run) {
    await ask_and_give(run, '/submit', run.secrets.read);
    await run.page.fill('textarea', run.mail);
    await run.page.locator('form.submit button[type="submit"]').click();
    const note = run.page.locator('main .fault-note', { hasText: 'role' });
    await note.waitFor();
    const said = await note.innerText();
    demand(said.includes('submit') && said.includes('read'), `it says "${said}"`);
    demand((await run.page.inputValue('textarea')) === run.mail, 'the mail is gone');
    await run.page.locator('nav button', { hasText: 'Forget' }).click();
    await run.page.locator('.ask-token').waitFor();
    await give(run.page, run.secrets.submit);
    await run.page.locator('.ask-token').waitFor({ state: 'detached' });
    demand((await run.page.inputValue('textarea')) === run.mail, 'the mail went with the token');
}

async function a_token_that_is_revoked_is_asked_for_again(run) {
    await ask_and_give(run, '/', run.secrets.doomed);
    await run.page.locator('.job').first().waitFor();
    run.revoke_doomed();
    await run.page.waitForTimeout(1200);
    await run.page.locator('nav a[href="/host"]').click();
    await run.page.locator('#token-fault', { hasText: 'revoked' }).waitFor();
}

export const k_token_checks = [
    a_token_is_asked_for_and_a_wrong_one_is_told,
    the_token_is_in_no_address_and_goes_with_the_tab,
    documents_open_with_the_token,
    a_role_that_does_not_suffice_is_told_and_the_mail_stays,
    a_token_that_is_revoked_is_asked_for_again,
];
