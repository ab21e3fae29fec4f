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

export function repeat_commands(job: Job, origin: string): Repeat {
    const { tree, profile, workload, confidence, budget } = job.spec;
    const query = new URLSearchParams({
        tree,
        profile,
        workload,
        confidence: String(confidence),
        wall_s: String(budget.wall_s),
        trials: String(budget.trials),
    });
    const mail = `job-${job.id}.mail`;
    return {
        save: `curl -s ${origin}${k_api}/jobs/${job.id}/mail > ${mail}`,
        cli:
            `krepro submit --tree ${quoted(tree)} --profile ${quoted(profile)}` +
            ` --workload ${workload} --confidence ${confidence}` +
            ` --wall-s ${budget.wall_s} --trials ${budget.trials} ${mail}`,
        http:
            `curl --data-binary @${mail} -H 'Content-Type: text/plain'` +
            ` ${quoted(`${origin}${k_api}/jobs?${query}`)}`,
    };
}
