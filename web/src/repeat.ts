// SPDX-License-Identifier: Apache-2.0
// The commands that ask for the same job again.

import { k_api } from './api';
import type { Job } from './model';

// As one word of a shell.
export function quoted(text: string): string {
    return /^[\w.,:=@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export interface Repeat {
    save: string;
    cli: string;
    http: string;
}

// Where the CLI looks when it is not told otherwise.
const k_usual_origins = ['http://127.0.0.1:8734', 'http://localhost:8734'];

// The CLI takes the token from KREPRO_TOKEN by itself; curl is given it from there.
export type Door = 'open' | 'token';

export function repeat_commands(job: Job, origin: string, door: Door = 'open'): Repeat {
    const { tree, profile, workload, confidence, budget, warm_start } = job.spec;
    const query = new URLSearchParams({
        tree,
        profile,
        workload,
        confidence: String(confidence),
        wall_s: String(budget.wall_s),
        trials: String(budget.trials),
        ...(warm_start ? { warm_start: 'true' } : {}),
    });
    const header = door === 'token' ? ' -H "Authorization: Bearer $KREPRO_TOKEN"' : '';
    const server = k_usual_origins.includes(origin) ? '' : ` --server ${quoted(origin)}`;
    const mail = `job-${job.id}.mail`;
    return {
        save: `curl -s${header} ${origin}${k_api}/jobs/${job.id}/mail > ${mail}`,
        cli:
            `krepro submit${server} --tree ${quoted(tree)} --profile ${quoted(profile)}` +
            ` --workload ${workload} --confidence ${confidence}` +
            ` --wall-s ${budget.wall_s} --trials ${budget.trials}` +
            `${warm_start ? ' --warm-start' : ''} ${mail}`,
        http:
            `curl${header} --data-binary @${mail} -H 'Content-Type: text/plain'` +
            ` ${quoted(`${origin}${k_api}/jobs?${query}`)}`,
    };
}
