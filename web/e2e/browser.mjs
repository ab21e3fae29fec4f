// SPDX-License-Identifier: Apache-2.0
// A browser that notes everything a page of ours must not do.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const k_arguments = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
];

// Runs `use(context)` with a fresh profile, which is removed afterwards.
export async function with_browser(options, use) {
    const profile = await mkdtemp(join(tmpdir(), 'krepro-e2e-'));
    try {
        const context = await chromium.launchPersistentContext(profile, {
            executablePath: process.env.KREPRO_CHROMIUM ?? '/usr/bin/chromium',
            headless: true,
            args: k_arguments,
            viewport: { width: 1280, height: 800 },
            ...options,
        });
        try {
            return await use(context);
        } finally {
            await context.close();
        }
    } finally {
        await rm(profile, { recursive: true, force: true });
    }
}

// A page with the list of its faults: console errors, exceptions, blocked content, requests to
// other hosts. `expected` are substrings of console errors that a check provokes on purpose.
export async function watched_page(context, origin) {
    const page = await context.newPage();
    const faults = [];
    const expected = [];
    page.on('console', (message) => {
        const text = message.text();
        if (message.type() !== 'error' || expected.some((part) => text.includes(part))) return;
        faults.push(`console: ${text}`);
    });
    page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
    page.on('request', (request) => {
        const url = new URL(request.url());
        if (url.origin !== origin && url.protocol !== 'about:')
            faults.push(`foreign request: ${request.url()}`);
    });
    await page.addInitScript(() => {
        globalThis.policy_faults = [];
        document.addEventListener('securitypolicyviolation', (event) =>
            globalThis.policy_faults.push(
                `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
            ),
        );
    });
    const policy_faults = async () =>
        (await page.evaluate(() => globalThis.policy_faults ?? [])).map(
            (fault) => `policy: ${fault}`,
        );
    return { page, faults, expected, policy_faults };
}
