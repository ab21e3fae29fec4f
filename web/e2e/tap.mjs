// SPDX-License-Identifier: Apache-2.0
// Runs checks one after another, each on a page of its own, and prints TAP.

import { watched_page } from './browser.mjs';

export class Tap {
    constructor(context, url) {
        this.context = context;
        this.url = url;
        this.count = 0;
        this.failed = 0;
    }

    tell(name, faults) {
        ++this.count;
        const head = `${faults.length === 0 ? 'ok' : 'not ok'} ${this.count} - ${name.replaceAll('_', ' ')}`;
        if (faults.length > 0) ++this.failed;
        console.log(
            [
                head,
                ...faults.flatMap((fault) => fault.split('\n')).map((line) => `  # ${line}`),
            ].join('\n'),
        );
    }

    // A check throws what is wrong, or returns it as a list of sentences.
    async run(check, facts) {
        const watched = await watched_page(this.context, new URL(this.url).origin);
        const faults = [];
        try {
            const said = await check({
                ...facts,
                url: this.url,
                page: watched.page,
                expected: watched.expected,
            });
            faults.push(...(said ?? []), ...(await watched.policy_faults()));
        } catch (error) {
            faults.push(String(error.message ?? error));
        }
        this.tell(check.name, [...faults, ...watched.faults]);
        await watched.page.close();
    }

    end() {
        console.log(`1..${this.count}`);
        process.exitCode = this.failed === 0 ? 0 : 1;
    }
}
