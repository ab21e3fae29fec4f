// SPDX-License-Identifier: Apache-2.0
// What the pages of a real daemon must show of a job that is done. Each check takes what it needs
// and throws with a sentence when it is not so.

export function demand(truth, sentence) {
    if (!truth) throw new Error(sentence);
}

async function text_of(page, selector) {
    return (await page.locator(selector).first().innerText()).trim();
}

async function open(run, path, ready) {
    const response = await run.page.goto(run.url + path);
    demand(response?.ok(), `${path} answers ${response?.status()}`);
    await run.page.locator(ready).first().waitFor({ timeout: 10000 });
    return response;
}

// Each source of each directive is this origin or nothing.
export async function policy_is_strict(run) {
    const response = await open(run, '/', 'main');
    const policy = response.headers()['content-security-policy'] ?? '';
    const directives = policy
        .split(';')
        .map((part) => part.trim().split(/\s+/))
        .filter(([name]) => name);
    demand(
        directives.some(([name]) => name === 'default-src'),
        `the policy has no default: "${policy}"`,
    );
    for (const [name, ...sources] of directives)
        for (const source of sources)
            demand(
                ["'self'", "'none'"].includes(source),
                `the policy's ${name} allows ${source}: "${policy}"`,
            );
}

async function jobs_page_shows_the_job(run) {
    await open(run, '/', '.job');
    const link = run.page.locator(`a.job-title[href="/jobs/${run.job.id}"]`);
    await link.waitFor();
    demand((await link.innerText()).trim() !== '', 'the job has no title in the list');
    const row = await run.page.locator('.job').filter({ has: link }).innerText();
    const first_word = run.job.verdict?.kind.split('_')[0] ?? '';
    demand(
        row.includes(first_word),
        `the verdict is ${run.job.verdict?.kind}, the row says "${row}"`,
    );
    demand(row.includes(run.job.spec.tree), `the row does not name the tree: "${row}"`);
}

async function list_filters_by_verdict(run) {
    if (!run.job.verdict) return;
    await open(run, `/?verdict=${run.job.verdict.kind}`, '.job');
    const words = await run.page.locator('.job .badge').allInnerTexts();
    const first_word = run.job.verdict.kind.split('_')[0];
    demand(
        words.every((word) => word.includes(first_word)),
        `${run.job.verdict.kind} was asked for, listed are: ${words.join(', ')}`,
    );
}

// From a job that is done to its report, and from there to the lines of the console that it was
// read from, by clicks alone.
export async function a_verdict_leads_to_its_report_and_that_to_its_lines(run, path, kind) {
    const { page } = run;
    await page.goto(run.url + path);
    await page.locator(`.verdict-box.kind-${kind}`).waitFor();
    await page.locator('.reports a').first().click();
    await page.waitForURL(/\/reports\/\d+$/);
    await page.locator('#trace .trace').waitFor();
    const title = (await page.locator('h1').innerText()).trim();
    await page.locator('.raw-side a[href*="/console#L"]').first().click();
    await page.waitForURL(/\/trials\/\d+\/console#L\d+/);
    const selected = page.locator('.console .line.selected');
    await selected.first().waitFor();
    // The address is a permalink: another page opens at the same lines.
    const first = await selected.first().innerText();
    await page.reload();
    await selected.first().waitFor();
    demand((await selected.first().innerText()) === first, 'the permalink shows another line');
    return title;
}

async function job_page_shows_the_verdict(run) {
    await run.page.goto(`${run.url}/`);
    await run.page.locator(`a.job-title[href="/jobs/${run.job.id}"]`).click();
    await run.page.locator('.verdict-box .badge').waitFor();
    const said = (await text_of(run.page, '.verdict-box .badge')).toLowerCase();
    const kind = run.job.verdict?.kind ?? '';
    const first_word = kind.split('_')[0];
    demand(said.includes(first_word), `the verdict is ${kind}, the page says "${said}"`);
    if (run.job.verdict?.sentence)
        demand(
            (await text_of(run.page, '.verdict-box')).includes(
                run.job.verdict.sentence.slice(0, 60),
            ),
            'the sentence of the verdict is not on the page',
        );
}

async function trial_strip_has_a_cell_for_each_trial(run) {
    await open(run, `/jobs/${run.job.id}`, '.arms');
    for (const arm of ['unpatched', 'patched']) {
        const want = run.job.arms[arm].trials.length;
        const got = await run.page.locator(`section[aria-labelledby="arm-${arm}"] a.cell`).count();
        demand(got === want, `${arm}: ${got} cells for ${want} trials`);
    }
}

async function traces_stand_side_by_side(run) {
    if (!run.reports.some((report) => report.match) || !run.job.expected?.frames.length) return;
    await open(run, `/jobs/${run.job.id}`, 'table.alignment');
    const best = Math.max(...run.reports.map((report) => report.match?.aligned.length ?? 0));
    const paired = await run.page.locator('table.alignment tr.same').count();
    demand(best === 0 || paired > 0, 'no row of the two traces is paired');
}

async function report_page_shows_the_report(run) {
    const stored = run.reports[0];
    if (!stored) return;
    await open(run, `/jobs/${run.job.id}`, '.reports a');
    await run.page.locator(`.reports a[href="/reports/${stored.id}"]`).first().click();
    await run.page.locator('#trace .trace, #trace .note').first().waitFor();
    demand((await text_of(run.page, 'h1')) !== '', 'the report has no title');
    // Not the lists beside it: maintainers are items of a list as well.
    const frames = await run.page.locator('#trace ol.trace > li:not(.stack)').count();
    demand(
        frames === stored.report.frames.length,
        `${frames} frames shown of ${stored.report.frames.length}`,
    );
    const inlines = stored.report.frames.reduce((sum, frame) => sum + frame.inlines.length, 0);
    const inlined = await run.page.locator('#trace .inlined').count();
    demand(inlined === inlines, `${inlined} inlined calls shown of ${inlines}`);
    const raw = await text_of(run.page, '.raw-side pre');
    demand(raw.length > 0, 'the raw text is empty');
}

async function console_permalink_shows_its_lines(run) {
    const trial = run.trial;
    if (!trial) return;
    const stored = run.reports.find((report) => report.trial === trial.id);
    const first = stored?.report.first_line ?? 3;
    await open(
        run,
        `/trials/${trial.id}/console#L${first}-L${first + 2}`,
        '.console .line.selected',
    );
    const number = await text_of(run.page, '.console .line.selected .no');
    demand(number === String(first), `line ${number} is selected, ${first} was asked for`);
    const box = await run.page.locator('.console .line.selected').first().boundingBox();
    demand(box !== null && box.y > 0 && box.y < 800, 'the selected line is not in sight');
    const whole = await (await fetch(`${run.url}/api/v1/trials/${trial.id}/console`)).text();
    const want = whole.split('\n')[first - 1].replace(/\r$/, '').trimEnd();
    const got = (
        await run.page
            .locator('.console .line.selected .text')
            .first()
            .evaluate((node) => node.querySelector('bdi')?.textContent ?? '')
    ).trimEnd();
    // Other lines are shown otherwise than they are written: test/display.test.ts says how.
    if (!/^[\x20-\x7e\t]*$/.test(want)) return;
    demand(got === want, `line ${first} reads "${got}", not "${want}"`);
}

async function n_jumps_to_the_next_report(run) {
    const stored = run.reports.find((report) => report.trial === run.trial?.id);
    if (!stored) return;
    await open(run, `/trials/${stored.trial}/console`, '.console .line');
    await run.page.locator('.toolbar button:not([disabled])').first().waitFor();
    await run.page.keyboard.press('n');
    await run.page.locator('.console .line.marked.selected').first().waitFor();
    demand(/^#L\d+/.test(new URL(run.page.url()).hash), 'the address does not name the lines');
}

async function find_counts_lines(run) {
    if (!run.trial) return;
    await open(run, `/trials/${run.trial.id}/console`, '.console .line');
    await run.page.fill('#find', 'linux version');
    await run.page.locator('.find-count', { hasText: /line|nowhere/ }).waitFor();
    demand(
        !(await text_of(run.page, '.find-count')).includes('nowhere'),
        '"linux version" was found nowhere',
    );
}

async function keys_are_shown_on_question_mark(run) {
    await open(run, '/', '.job');
    await run.page.keyboard.press('?');
    await run.page.locator('dialog[open]').waitFor();
    await run.page.keyboard.press('Escape');
    await run.page.locator('dialog[open]').waitFor({ state: 'detached' });
}

async function submit_says_what_is_wrong(run) {
    run.expected.push('400');
    await open(run, '/submit', 'textarea');
    await run.page.fill('textarea', 'This is not a patch.');
    await run.page.fill('#tree', 'no-such-tree');
    await run.page.click('button.primary');
    await run.page.locator('.fault').first().waitFor();
    demand((await text_of(run.page, '.fault')).length > 5, 'the refusal says nothing');
}

async function a_job_that_is_not_there_is_said_so(run) {
    run.expected.push('404');
    await run.page.goto(`${run.url}/jobs/999999999`);
    await run.page.locator('.state.failure').waitFor();
}

export const k_checks = [
    policy_is_strict,
    jobs_page_shows_the_job,
    list_filters_by_verdict,
    job_page_shows_the_verdict,
    trial_strip_has_a_cell_for_each_trial,
    traces_stand_side_by_side,
    report_page_shows_the_report,
    console_permalink_shows_its_lines,
    n_jumps_to_the_next_report,
    find_counts_lines,
    keys_are_shown_on_question_mark,
    submit_says_what_is_wrong,
    a_job_that_is_not_there_is_said_so,
];
