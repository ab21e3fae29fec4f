// SPDX-License-Identifier: Apache-2.0
// A picture of each page: light and dark, wide and narrow.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { axe_findings } from './axe.mjs';

const k_sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } };

export function pages_of(job, report, trial) {
    return [
        ['jobs', '/', '.job'],
        ['submit', '/submit', 'textarea'],
        ['job', `/jobs/${job.id}`, '.arms'],
        ...(report ? [['report', `/reports/${report.id}`, '#trace .trace, #trace .note']] : []),
        ...(trial
            ? [
                  [
                      'console',
                      `/trials/${trial.id}/console${report ? `#L${report.report.first_line}` : ''}`,
                      '.console .line',
                  ],
              ]
            : []),
    ];
}

// A page is a name, a path, what shows that it is there, and what is done first: that may return
// what is done afterwards. What is wrong with the pages, as sentences: wider than the window, or not accessible.
export async function take_shots(page, url, pages, folder) {
    await mkdir(folder, { recursive: true });
    const wrong = [];
    for (const scheme of ['light', 'dark'])
        for (const [size, viewport] of Object.entries(k_sizes)) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.setViewportSize(viewport);
            for (const [name, path, ready, prepare] of pages) {
                await page.goto(url + path);
                const undo = await prepare?.(page);
                await page.locator(ready).first().waitFor();
                await page.waitForTimeout(400);
                await page.screenshot({
                    path: join(folder, `${name}-${scheme}-${size}.png`),
                    fullPage: true,
                });
                wrong.push(...(await axe_findings(page, `${name}, ${scheme}, ${size}`)));
                const over = await page.evaluate(
                    () => document.documentElement.scrollWidth - innerWidth,
                );
                if (over > 0) wrong.push(`${name} is ${over} pixels wider than ${viewport.width}`);
                await undo?.();
            }
        }
    return wrong;
}
