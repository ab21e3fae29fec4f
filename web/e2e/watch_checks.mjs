// SPDX-License-Identifier: Apache-2.0
// That what all other checks rest on can fail: each fault is committed once, and must be noticed.

import { axe_findings } from './axe.mjs';
import { demand } from './checks.mjs';

// `run.watch()` makes a watched page whose faults are no failure of the check.
async function faults_are_noticed(run) {
    const { page, faults } = await run.watch();
    await page.goto(`${run.url}/`);
    await page.locator('.job').first().waitFor();
    await page.evaluate(() => {
        console.error('an error on the console');
        setTimeout(() => {
            throw new Error('an exception');
        });
        const script = document.createElement('script');
        script.textContent = 'document.title = "owned"';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'http://elsewhere.invalid/x.png';
        document.body.append(image);
        document.body.insertAdjacentHTML('beforeend', '<p onclick="1" style="color: red">x</p>');
    });
    await page.goto('http://127.0.0.2:1/').catch(() => undefined);
    for (const part of ['an error on the console', 'an exception', 'foreign request'])
        demand(
            faults.some((fault) => fault.includes(part)),
            `"${part}" is not noticed: ${faults.join(' | ')}`,
        );
    demand(
        faults.some((fault) => fault.includes('Content Security Policy')),
        `what the policy blocks is not noticed: ${faults.join(' | ')}`,
    );
    await page.close();
    await policy_events_are_noticed(run);
}

// On a page of its own: the browser's own page about a host that is not there comes when it likes.
async function policy_events_are_noticed(run) {
    const { page, policy_faults } = await run.watch();
    await page.goto(`${run.url}/`);
    await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "owned"';
        document.body.append(script);
    });
    demand((await page.title()) !== 'owned', 'an inline script ran');
    const broken = await policy_faults();
    demand(
        broken.some((fault) => fault.includes('script-src')),
        `the policy's own events are not noticed: ${broken.join(' | ')}`,
    );
    await page.close();
}

async function what_is_not_accessible_is_noticed(run) {
    const { page } = await run.watch();
    await page.goto(`${run.url}/`);
    await page.locator('.job').first().waitFor();
    await page.evaluate(() => {
        const image = document.createElement('img');
        image.src = '/favicon.svg';
        document.querySelector('main').append(image);
        const text = document.createElement('p');
        text.textContent = 'hardly to be read';
        text.style.color = 'rgb(200 200 200)';
        text.style.background = 'rgb(255 255 255)';
        document.querySelector('main').append(text);
    });
    const found = (await axe_findings(page, 'canary')).join(' | ');
    for (const rule of ['image-alt', 'color-contrast'])
        demand(found.includes(rule), `${rule} is not found: ${found}`);
    await page.close();
}

export const k_watch_checks = [faults_are_noticed, what_is_not_accessible_is_noticed];
