// SPDX-License-Identifier: Apache-2.0
// The submit page. The daemon has the trees "before" and "after" at hand, of which the one takes the
// mail's patch and the other has it already, and others that are not fetched. `run.mail` is the
// mail.

import { demand } from './checks.mjs';

async function a_mail_is_understood_while_it_is_typed(run) {
    run.expected.push('400');
    await run.page.goto(`${run.url}/submit`);
    await run.page.fill('textarea', 'not a mail');
    await run.page.locator('.fault-note').waitFor();
    await run.page.fill('textarea', run.mail);
    const seen = run.page.locator('.seen');
    await seen.waitFor();
    const text = await seen.innerText();
    for (const part of ['kernel/fork.c', 'include/linux/sched/task.h', 'stress-ng', 'Expected'])
        demand(text.includes(part), `the preview does not say ${part}`);
    const changed = () => run.page.locator('.seen .diff .added').count();
    demand((await changed()) > 0, 'what amplifying changes is not shown');
    await run.page.selectOption('#workload', 'verbatim');
    demand((await changed()) === 0, 'verbatim is shown as changed');
    const jobs = await run.get('/jobs');
    demand(jobs.jobs.length === 3, 'the preview queued a job');
}

async function answer_of(page, tree) {
    const name = page.locator('code', { hasText: new RegExp(`^${tree}$`) });
    const row = page.locator('.trees > li', { has: name });
    await row.and(page.locator(':not(.answer-trying)')).waitFor({ timeout: 15000 });
    return row.innerText();
}

async function the_preview_says_which_trees_take_the_patch_and_in_which_direction(run) {
    const { page } = run;
    await page.goto(`${run.url}/submit`);
    await page.fill('textarea', run.mail);
    for (const [tree, words] of [
        ['before', 'takes it as it is'],
        ['after', 'has it already'],
        ['debian-6.12', 'not fetched yet'],
    ]) {
        const said = await answer_of(page, tree);
        demand(said.includes(words), `of ${tree} the page says "${said}"`);
    }
    // Another text, as it is typed: the answers are of the text that stands there.
    const fits_nowhere = run.mail.replaceAll('refcount_dec_and_test', 'refcount_of_nothing');
    await page.fill('textarea', fits_nowhere);
    await page.locator('.answer-refuses').nth(1).waitFor({ timeout: 15000 });
    const why = page.locator('.answer-refuses details').first();
    await why.locator('summary').click();
    demand((await why.innerText()).includes('forward: '), 'a refusal does not say why');
}

async function the_preview_estimates_the_time_and_says_what_that_is_made_of(run) {
    const { page } = run;
    await page.goto(`${run.url}/submit`);
    const estimate = page.locator('.estimate');
    demand(!/\d/.test(await estimate.innerText()), 'there is an estimate without a mail');
    await page.fill('textarea', run.mail);
    const made_of = estimate.locator('summary');
    await made_of.waitFor();
    await made_of.click();
    // An earlier job of the store has hit with this reproducer, and no kernel of it is on record.
    const said = await estimate.locator('.parts').innerText();
    for (const words of ['unpatched build', 'patched build', 'trials', 'on record', 'assumed'])
        demand(said.includes(words), `the estimate does not say "${words}": ${said}`);
    const total = estimate.locator('p b').first();
    const before = await total.innerText();
    await page.selectOption('#confidence', '0.99');
    await page.waitForFunction(
        (old) => document.querySelector('.estimate p b')?.textContent !== old,
        before,
    );
    await page.fill('#tree', 'before');
    await estimate.locator('p', { hasText: 'on before' }).waitFor();
}

export const k_submit_checks = [
    a_mail_is_understood_while_it_is_typed,
    the_preview_says_which_trees_take_the_patch_and_in_which_direction,
    the_preview_estimates_the_time_and_says_what_that_is_made_of,
];

async function a_new_job_comes_into_the_list_by_itself(run) {
    const { page } = run;
    await page.goto(`${run.url}/`);
    await page.locator('.live-live').waitFor();
    // What is read because the stream was opened is read by then; the next look would be too late.
    await page.waitForTimeout(2000);
    const queued = await fetch(`${run.url}/api/v1/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: run.mail,
    });
    const { id } = await queued.json();
    await fetch(`${run.url}/api/v1/jobs/${id}/cancel`, { method: 'POST' });
    const row = page.locator('.job', { has: page.locator(`a[href="/jobs/${id}"]`) });
    await row.waitFor({ timeout: 10000 });
    await row.locator('.badge', { hasText: 'cancelled' }).waitFor({ timeout: 30000 });
}

// Leaves a job behind: after those that count them.
export const k_queue_checks = [a_new_job_comes_into_the_list_by_itself];
