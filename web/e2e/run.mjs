// SPDX-License-Identifier: Apache-2.0
// Looks at the pages of a running daemon with a browser, and prints TAP.
// Usage: node web/e2e/run.mjs --url http://127.0.0.1:PORT --job ID [--shots DIR]
// The job is one that is done.

import { parseArgs } from 'node:util';

import { with_browser } from './browser.mjs';
import { k_checks } from './checks.mjs';
import { pages_of, take_shots } from './shots.mjs';
import { Tap } from './tap.mjs';

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

function pages_fit_and_are_accessible_wide_and_narrow_light_and_dark(run) {
    return take_shots(
        run.page,
        run.url,
        pages_of(run.job, run.reports[0], run.trial),
        values.shots,
    );
}

const job = await get(`/jobs/${values.job}`);
const { reports } = await get(`/jobs/${values.job}/reports`);
const trials = [...job.arms.unpatched.trials, ...job.arms.patched.trials].filter(
    (trial) => trial.console,
);
const facts = {
    job,
    reports,
    trial: trials.find((trial) => trial.id === reports[0]?.trial) ?? trials[0],
};

await with_browser({}, async (context) => {
    const tap = new Tap(context, url);
    for (const check of k_checks) await tap.run(check, facts);
    if (values.shots)
        await tap.run(pages_fit_and_are_accessible_wide_and_narrow_light_and_dark, facts);
    tap.end();
});
