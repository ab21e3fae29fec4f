// SPDX-License-Identifier: Apache-2.0
// A daemon that is started for the tests, to be killed under an open page.

import { execFileSync, spawn } from 'node:child_process';

export class Daemon {
    constructor(binary) {
        this.binary = binary;
        this.port = 0; // any that is free, the first time
        this.process = null;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    // Resolves when it listens. One that listens beyond loopback demands tokens.
    async start(address = '127.0.0.1') {
        const env = { ...process.env, KREPRO_ADDRESS: address };
        const started = spawn(this.binary, ['serve', '--port', String(this.port)], { env });
        this.process = started;
        this.port = await new Promise((resolve, reject) => {
            let said = '';
            const take = (bytes) => {
                said += bytes;
                const found = /listens on port (\d+)/.exec(said);
                if (found) resolve(Number(found[1]));
            };
            started.stdout.on('data', take);
            started.stderr.on('data', take);
            started.on('exit', () => reject(new Error(`the daemon ended:\n${said}`)));
        });
    }

    get is_running() {
        return (
            this.process !== null &&
            this.process.exitCode === null &&
            this.process.signalCode === null
        );
    }

    async end(signal) {
        if (!this.is_running) return;
        const gone = new Promise((resolve) => this.process.on('exit', resolve));
        this.process.kill(signal);
        await gone;
    }

    // A check that failed while the daemon was down does not fail those after it.
    async ensure() {
        if (!this.is_running) await this.start();
    }

    async get(path) {
        return (await fetch(`${this.url}/api/v1${path}`)).json();
    }

    token(...words) {
        return execFileSync(this.binary, ['token', ...words], { encoding: 'utf8' }).trim();
    }
}
