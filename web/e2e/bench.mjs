// SPDX-License-Identifier: Apache-2.0
// How fast the pages are, as one line of JSON.
// Usage: node web/e2e/bench.mjs --url http://127.0.0.1:PORT --job ID --trial ID
// The job is one that is done. The trial's console is the one that is scrolled: for the figures to mean something it has a
// million lines.

import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { with_browser } from './browser.mjs';

const { values } = parseArgs({
    options: { url: { type: 'string' }, job: { type: 'string' }, trial: { type: 'string' } },
});
const url = (values.url ?? process.env.KREPRO_URL ?? '').replace(/\/$/, '');
if (!url || !values.job || !values.trial) {
    console.error('usage: node web/e2e/bench.mjs --url http://127.0.0.1:PORT --job ID --trial ID');
    process.exit(64);
}

const k_rounds = 5;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const rounded = (value) => Math.round(value * 10) / 10;

async function bundle_kib() {
    const folder = fileURLToPath(new URL('../dist/assets/', import.meta.url));
    let bytes = 0;
    for (const name of await readdir(folder))
        if (/\.(js|css)$/.test(name)) bytes += gzipSync(await readFile(folder + name)).length;
    return rounded(bytes / 1024);
}

// Milliseconds from navigation until `selector` is on the page.
async function time_to(page, path, selector) {
    await page.goto('about:blank');
    await page.goto(url + path, { waitUntil: 'commit' });
    return page.evaluate(
        (wanted) =>
            new Promise((resolve) => {
                const look = () =>
                    document.querySelector(wanted)
                        ? resolve(performance.now())
                        : requestAnimationFrame(look);
                look();
            }),
        selector,
    );
}

async function rounds(page, path, selector) {
    const times = [];
    for (let i = 0; i < k_rounds; ++i) times.push(await time_to(page, path, selector));
    return rounded(median(times));
}

// Scrolls through the whole console; tasks over 50 ms while it does.
async function long_tasks_while_scrolling(page) {
    return page.evaluate(async () => {
        let count = 0;
        const observer = new PerformanceObserver((list) => {
            count += list.getEntries().length;
        });
        observer.observe({ entryTypes: ['longtask'] });
        const box = document.querySelector('.console');
        for (let step = 0; step <= 200; ++step) {
            box.scrollTop = (box.scrollHeight * step) / 200;
            await new Promise((resolve) =>
                requestAnimationFrame(() => requestAnimationFrame(resolve)),
            );
        }
        observer.disconnect();
        return count;
    });
}

async function heap_mib(context, page) {
    const session = await context.newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
    return rounded((usedSize + (backingStorageSize ?? 0)) / (1 << 20));
}

// Private memory of the largest renderer: what chromium's processes share is not counted.
async function process_mib() {
    let most = 0;
    for (const pid of await readdir('/proc')) {
        if (!/^\d+$/.test(pid)) continue;
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (!line.includes('--type=renderer')) continue;
        const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
        const kib = [...rollup.matchAll(/^Private_\w+:\s+(\d+)/gm)].map((found) =>
            Number(found[1]),
        );
        most = Math.max(
            most,
            kib.reduce((sum, part) => sum + part, 0),
        );
    }
    return rounded(most / 1024);
}

async function lines_of(page) {
    const said = await page.locator('.toolbar .size').innerText();
    return Number(said.split(' lines')[0].replace(/\D/g, ''));
}

const figures = await with_browser({}, async (context) => {
    const page = await context.newPage();
    const first_content_ms = await rounds(page, '/', '.job');
    const job_content_ms = await rounds(page, `/jobs/${values.job}`, '.verdict-box .badge');
    const console_first_ms = await rounds(
        page,
        `/trials/${values.trial}/console`,
        '.console .line bdi',
    );
    const began = Date.now();
    await page.waitForFunction(
        () => !document.querySelector('.toolbar .size')?.textContent.includes('…'),
        null,
        { timeout: 120000 },
    );
    const console_indexed_ms = Date.now() - began;
    const console_long_tasks = await long_tasks_while_scrolling(page);
    return {
        bundle_kib: await bundle_kib(),
        first_content_ms,
        job_content_ms,
        console_first_ms,
        console_indexed_ms,
        console_long_tasks,
        console_mib: await heap_mib(context, page),
        console_process_mib: await process_mib(),
        console_lines: await lines_of(page),
    };
});

const k_rows = [
    ['bundle_kib', 'KiB gzip of script and style', 120],
    ['first_content_ms', 'ms until the list of jobs is there', 300],
    ['job_content_ms', 'ms until a job’s verdict is there', 300],
    ['console_first_ms', 'ms until a console’s first lines are there', 200],
    ['console_indexed_ms', 'ms more until every line can be reached', null],
    ['console_long_tasks', 'tasks over 50 ms while it is scrolled from end to end', 0],
    ['console_mib', 'MiB of the page’s heap and buffers after that', 150],
    [
        'console_process_mib',
        'MiB of its whole process, with chromium’s own and its log of answers',
        null,
    ],
    ['console_lines', 'lines of that console', null],
];
for (const [name, words, most] of k_rows) {
    const target = most === null ? '' : `  (at most ${most})`;
    console.log(`${String(figures[name]).padStart(10)}  ${words}${target}`);
}
console.log(JSON.stringify(figures));
