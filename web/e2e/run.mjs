// SPDX-License-Identifier: Apache-2.0
// Looks at the pages of a running daemon with a browser, and prints TAP.
// Usage: node web/e2e/run.mjs --url http://127.0.0.1:PORT --job ID [--shots DIR]

import { parseArgs } from 'node:util';

import { watched_page, with_browser } from './browser.mjs';
import { k_checks } from './checks.mjs';
import { pages_of, take_shots } from './shots.mjs';

const { values } = parseArgs({
    options: { url: { type: 'string' }, job: { type: 'string' }, shots: { type: 'string' } },
});
const url = (values.url ?? process.env.KREPRO_URL ?? '').replace(/\/$/, '');
if (!url || !values.job) {
    console.error('usage: node web/e2e/run.mjs --url http://127.0.0.1:PORT --job ID [--shots DIR]');
    process.exit(64);
}

async function get(path) {
    const response = await fetch(`${url}/api/v1${path}`);
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    return response.json();
}

let count = 0;
let failed = 0;

function tell(name, error) {
    ++count;
    const sentence = name.replaceAll('_', ' ');
    if (!error) return console.log(`ok ${count} - ${sentence}`);
    ++failed;
    console.log(`not ok ${count} - ${sentence}`);
    return console.log(String(error.message ?? error).split('\n').map((line) => `  # ${line}`).join('\n'));
}

async function run_check(context, facts, check) {
    const watched = await watched_page(context, new URL(url).origin);
    try {
        await check({ ...facts, url, page: watched.page, expected: watched.expected });
        const faults = [...watched.faults, ...(await watched.policy_faults())];
        tell(check.name, faults.length > 0 ? new Error(faults.join('\n')) : null);
    } catch (error) {
        tell(check.name, new Error([error.message, ...watched.faults].join('\n')));
    } finally {
        await watched.page.close();
    }
}

const k_shots_name = 'every_page_fits_and_is_accessible_wide_and_narrow_light_and_dark';

async function run_shots(context, facts) {
    const watched = await watched_page(context, new URL(url).origin);
    const pages = pages_of(facts.job, facts.reports[0], facts.trial);
    try {
        const wrong = await take_shots(watched.page, url, pages, values.shots);
        const faults = [...wrong, ...watched.faults];
        tell(k_shots_name, faults.length > 0 ? new Error(faults.join('\n')) : null);
    } catch (error) {
        tell(k_shots_name, error);
    } finally {
        await watched.page.close();
    }
}

const job = await get(`/jobs/${values.job}`);
const { reports } = await get(`/jobs/${values.job}/reports`);
const trials = [...job.arms.unpatched.trials, ...job.arms.patched.trials].filter((trial) => trial.console);
const facts = { job, reports, trial: trials.find((trial) => trial.id === reports[0]?.trial) ?? trials[0] };

await with_browser({}, async (context) => {
    for (const check of k_checks) await run_check(context, facts, check);
    if (values.shots) await run_shots(context, facts);
});
console.log(`1..${count}`);
process.exitCode = failed === 0 ? 0 : 1;
