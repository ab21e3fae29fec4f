// SPDX-License-Identifier: Apache-2.0
// The submit page. `run.mail` is a mail with its trace, reproducer and patch.

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

export const k_submit_checks = [a_mail_is_understood_while_it_is_typed];

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
