// SPDX-License-Identifier: Apache-2.0
// What axe-core finds on a page, as sentences.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = await readFile(
    createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
    'utf8',
);

export async function axe_findings(page, name) {
    await page.evaluate(source);
    const violations = await page.evaluate(async () =>
        (await globalThis.axe.run(document)).violations.map((found) => ({
            id: found.id,
            help: found.help,
            where: found.nodes.slice(0, 3).map((node) => node.target.join(' ')),
        })),
    );
    return violations.map(
        (found) => `${name}: ${found.id}: ${found.help}: ${found.where.join('; ')}`,
    );
}
