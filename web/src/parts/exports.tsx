// SPDX-License-Identifier: Apache-2.0
// The verdict in other forms, and the archive that repeats it, where the daemon offers them.

import type { Job } from '../model';

// In the order in which they are offered; a format that is newer than this page comes last.
const k_words: Record<string, string> = {
    reply: 'a reply to the mail',
    markdown: 'Markdown',
    junit: 'JUnit',
    ktap: 'KTAP',
    kcidb: 'KCIDB',
    sarif: 'SARIF',
};

function rank(format: string): number {
    const at = Object.keys(k_words).indexOf(format);
    return at < 0 ? Infinity : at;
}

export function Exports({ job }: { job: Job }) {
    const { exports, bundle } = job.links;
    const offered = Object.entries(exports).sort(([a], [b]) => rank(a) - rank(b));
    if (offered.length === 0) return null;
    return (
        <section aria-labelledby="exports">
            <h2 id="exports">Take it along</h2>
            <p class="row close">
                {offered.map(([format, link]) => (
                    <a key={format} class="button quiet" href={link}>
                        {k_words[format] ?? format}
                    </a>
                ))}
            </p>
            {bundle ? (
                <p class="small">
                    <a href={bundle}>Bundle</a>{' '}
                    <span class="dim">
                        both kernels, the image and a script: repeats it with QEMU alone
                    </span>
                </p>
            ) : null}
        </section>
    );
}
