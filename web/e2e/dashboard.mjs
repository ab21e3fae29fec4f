// SPDX-License-Identifier: Apache-2.0
// The pages of a real daemon whose store was filled by make_store: what a finished job cannot be
// asked to show at will. Job 1 is the seed's, with the same report twice; job 2 holds a dependency
// cycle; job 3 is hostile in all that a mail or a guest can name. Prints TAP.
// Usage: node web/e2e/dashboard.mjs --binary KREPRO --mail MAIL [--shots DIR]
// Starts the daemon itself (KREPRO_STATE says on what), to kill it under an open page.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { watched_page, with_browser } from './browser.mjs';
import { policy_is_strict } from './checks.mjs';
import { Daemon } from './daemon.mjs';
import { k_hostile_checks } from './hostile_checks.mjs';
import { k_report_checks } from './report_checks.mjs';
import { take_shots } from './shots.mjs';
import * as staged from './staged.mjs';
import { k_queue_checks, k_submit_checks } from './submit_checks.mjs';
import { Tap } from './tap.mjs';
import { k_token_checks } from './token_checks.mjs';
import { k_use_checks } from './use_checks.mjs';
import { k_watch_checks } from './watch_checks.mjs';

const { values } = parseArgs({
    options: {
        binary: { type: 'string' },
        mail: { type: 'string' },
        hostile: { type: 'string' },
        shots: { type: 'string' },
    },
});

const mail = readFileSync(values.mail, 'utf8');

// What the checks name of the store.
async function look_into(daemon) {
    const { reports } = await daemon.get('/jobs/2/reports');
    const hostile = await daemon.get('/jobs/3');
    return {
        report: (await daemon.get('/jobs/1')).reports[0].id,
        cyclic: reports.find((stored) => stored.report.locking.chain.length > 1),
        hostile_report: hostile.reports[0].id,
        hostile_trial: hostile.arms.unpatched.trials[0].id,
    };
}

// A name, where it is, what shows that it is there, and what is done first.
function pages_of(store) {
    return [
        ['jobs', '/', '.job'],
        ['submit', '/submit', 'textarea'],
        ['preview', '/submit', '.seen', (page) => page.fill('textarea', mail)],
        ['host', '/host', '.findings li'],
        ['job', '/jobs/1', '.arms'],
        ['report', `/reports/${store.report}`, '#trace .trace'],
        ['cycle', `/reports/${store.cyclic.id}`, 'svg.cycle'],
        ['console', '/trials/1/console', '.console .line'],
        ['hostile-job', '/jobs/3', '.arms'],
        ['hostile-report', `/reports/${store.hostile_report}`, '#trace .trace'],
        ['hostile-console', `/trials/${store.hostile_trial}/console`, '.console .line'],
    ];
}

async function look_at(run, pages) {
    const folder = values.shots ?? (await mkdtemp(join(tmpdir(), 'krepro-shots-')));
    try {
        return await take_shots(run.page, run.url, pages, folder);
    } finally {
        if (!values.shots) await rm(folder, { recursive: true, force: true });
    }
}

function pages_fit_and_are_accessible_wide_and_narrow_light_and_dark(run) {
    return look_at(run, run.pages);
}

function pages_that_ask_for_a_token_fit_and_are_accessible(run) {
    run.expected.push('401');
    const refused = async (page) => {
        await page.fill('#token', `krepro_${'0'.repeat(64)}`);
        await page.keyboard.press('Enter');
    };
    return look_at(run, [
        ['token', '/', '.ask-token'],
        ['token-refused', '/', '#token-fault bdi', refused],
    ]);
}

// What the pages look like where a store of finished jobs does not lead.
function states_of() {
    return [
        ['running', '/jobs/1', '.step.now .took', staged.a_running_job],
        ['failed', '/jobs/1', '.verdict-box .fault', staged.a_job_that_failed],
        ['no-jobs', '/', '.state.empty', staged.no_jobs],
        ['no-match', '/?q=nothing-is-called-this', '.state.empty'],
        ['busy-host', '/host', '.queue li', staged.a_busy_host],
        ['stale', '/host', '.banner', staged.a_silent_daemon],
        ['loading', '/jobs/1', '.state.loading', staged.an_answer_that_is_awaited],
        ['no-job', '/jobs/999999', '.state.failure'],
        ['no-page', '/nowhere', '.state.failure'],
        ['keys', '/', 'dialog[open]', (page) => page.keyboard.press('?')],
        [
            'commit',
            '/submit',
            '.seen',
            async (page) => {
                await page.fill('#tree', 'before');
                await page.fill('#commit', 'HEAD');
            },
        ],
        ['refused', '/submit', '.fault-note', (page) => page.fill('textarea', 'no mail at all')],
    ];
}

function states_fit_and_are_accessible_wide_and_narrow_light_and_dark(run) {
    run.expected.push('400', '404', 'ERR_CONNECTION_REFUSED');
    return look_at(run, states_of());
}

const k_checks = [
    ...k_watch_checks,
    policy_is_strict,
    ...k_hostile_checks,
    ...k_report_checks,
    ...k_submit_checks,
    ...k_use_checks,
    pages_fit_and_are_accessible_wide_and_narrow_light_and_dark,
    states_fit_and_are_accessible_wide_and_narrow_light_and_dark,
    ...k_queue_checks,
];

async function check_with_tokens(tap, daemon) {
    await daemon.end('SIGTERM');
    await daemon.start('0.0.0.0');
    const doomed = JSON.parse(daemon.token('add', 'doomed', '--role', 'read', '--json'));
    const facts = {
        mail,
        secrets: {
            read: daemon.token('add', 'reader', '--role', 'read'),
            submit: daemon.token('add', 'writer', '--role', 'submit'),
            doomed: doomed.token,
        },
        revoke_doomed: () => daemon.token('revoke', String(doomed.id)),
    };
    for (const check of k_token_checks) await tap.run(check, facts);
    await tap.run(pages_that_ask_for_a_token_fit_and_are_accessible, facts);
}

const daemon = new Daemon(values.binary);
// Whatever happens to the browser: no daemon is left behind.
try {
    await daemon.start();
    const store = await look_into(daemon);
    const facts = {
        daemon,
        get: (path) => daemon.get(path),
        store,
        pages: pages_of(store),
        mail,
        hostile_mail: readFileSync(values.hostile, 'utf8'),
    };
    await with_browser({}, async (context) => {
        const tap = new Tap(context, daemon.url);
        facts.watch = () => watched_page(context, daemon.url);
        for (const check of k_checks) {
            await daemon.ensure();
            await tap.run(check, facts);
        }
        await check_with_tokens(tap, daemon);
        tap.end();
    });
} finally {
    await daemon.end('SIGTERM');
}
