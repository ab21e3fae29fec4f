// SPDX-License-Identifier: Apache-2.0
// The commands that ask for the same job again.

import { k_api } from './api';
import type { Job } from './model';

// As one word of a shell.
export function quoted(text: string): string {
    return /^[\w.,:=@/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export interface Repeat {
    save: string; // what the others name
    cli: string; // empty: it cannot ask for this
    http: string;
}

// Where the CLI looks when it is not told otherwise.
const k_usual_origins = ['http://127.0.0.1:8734', 'http://localhost:8734'];

// The CLI takes the token from KREPRO_TOKEN by itself; curl is given it from there.
export type Door = 'open' | 'token';

// What a job has beside its mail that is a file for the CLI.
function files_of({ id, spec }: Job): { option: string; name: string; text: string }[] {
    return [
        { option: '--script', name: `job-${id}.sh`, text: spec.script },
        { option: '--config', name: `job-${id}.config`, text: spec.config },
    ].filter(({ text }) => text !== '');
}

function cli_command(job: Job, origin: string, mail: string): string {
    const { spec } = job;
    const server = k_usual_origins.includes(origin) ? '' : ` --server ${quoted(origin)}`;
    return (
        `krepro submit${server} --tree ${quoted(spec.tree)} --profile ${quoted(spec.profile)}` +
        (spec.compiler ? ` --compiler ${spec.compiler}` : '') +
        ` --workload ${spec.workload} --confidence ${spec.confidence}` +
        ` --wall-s ${spec.budget.wall_s} --trials ${spec.budget.trials}` +
        (spec.warm_start ? ' --warm-start' : '') +
        (spec.commit ? ` --commit ${quoted(spec.commit)}` : '') +
        files_of(job)
            .map(({ option, name }) => ` ${option} ${name}`)
            .join('') +
        ` ${mail}`
    );
}

function http_command(job: Job, origin: string, mail: string, header: string): string {
    // A script and a configuration fit into no address: the daemon has them.
    if (files_of(job).length > 0)
        return `curl${header} -X POST ${quoted(`${origin}${k_api}/jobs/${job.id}/retry`)}`;
    const { tree, profile, compiler, workload, confidence, budget } = job.spec;
    const query = new URLSearchParams({
        tree,
        profile,
        ...(compiler ? { compiler } : {}),
        workload,
        confidence: String(confidence),
        wall_s: String(budget.wall_s),
        trials: String(budget.trials),
        ...(job.spec.warm_start ? { warm_start: 'true' } : {}),
        ...(job.spec.commit ? { commit: job.spec.commit } : {}),
        ...(job.spec.alone ? { alone: 'true' } : {}),
    });
    return (
        `curl${header} --data-binary @${mail} -H 'Content-Type: text/plain'` +
        ` ${quoted(`${origin}${k_api}/jobs?${query}`)}`
    );
}

export function repeat_commands(job: Job, origin: string, door: Door = 'open'): Repeat {
    const header = door === 'token' ? ' -H "Authorization: Bearer $KREPRO_TOKEN"' : '';
    const mail = `job-${job.id}.mail`;
    const save = [
        `curl -s${header} ${origin}${k_api}/jobs/${job.id}/mail > ${mail}`,
        ...files_of(job).map(({ name, text }) => `printf %s ${quoted(text)} > ${name}`),
    ];
    return {
        save: save.join('\n'),
        // `krepro submit` compares: of one kernel alone only the API can be asked.
        cli: job.spec.alone ? '' : cli_command(job, origin, mail),
        http: http_command(job, origin, mail, header),
    };
}
