// SPDX-License-Identifier: Apache-2.0
// What mails and guests name is shown and never run. `run.store` says what the store holds.

import { demand } from './checks.mjs';

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
    for (const [, path, ready] of run.pages.filter(([name]) => name.startsWith('hostile'))) {
        await run.page.goto(run.url + path);
        await run.page.locator(ready).first().waitFor();
        await run.page.waitForTimeout(300);
        const text = await is_harmless(run.page, path);
        demand(text.includes('<script>') || text.includes('<img'), `${path}: it is not shown`);
        demand(
            (await run.page.locator('.ctl').count()) > 0,
            `${path}: nothing stands for controls`,
        );
    }
    await run.page.goto(`${run.url}/`);
    await run.page.locator('.job').first().waitFor();
    await is_harmless(run.page, '/');
    await run.page.goto(`${run.url}/submit`);
    await run.page.fill('textarea', run.hostile_mail);
    await run.page.locator('.seen').waitFor();
    await is_harmless(run.page, '/submit');
}

async function right_to_left_letters_keep_their_columns_on_the_console(run) {
    await run.page.goto(`${run.url}/trials/${run.store.hostile_trial}/console#L5`);
    const bdi = run.page.locator('.console .line.selected bdi');
    await bdi.waitFor();
    const style = await bdi.evaluate((node) =>
        [getComputedStyle(node).unicodeBidi, getComputedStyle(node).direction].join(' '),
    );
    demand(style === 'isolate-override ltr', `the line's style is ${style}`);
}

export const k_hostile_checks = [
    hostile_text_is_shown_and_does_nothing,
    right_to_left_letters_keep_their_columns_on_the_console,
];
