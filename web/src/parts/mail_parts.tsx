// SPDX-License-Identifier: Apache-2.0
// The mail that a job is about: what it changes, and its text.

import { plural } from '../format';
import type { Job, PatchFile } from '../model';
import { Raw, Shown } from './text';

// Functions of the patch that also stand in the expected trace.
function in_trace(job: Job): Set<string> {
    return new Set(job.expected?.frames.map((frame) => frame.function) ?? []);
}

function File({ file, traced }: { file: PatchFile; traced: Set<string> }) {
    return (
        <li>
            <code>
                <Shown text={file.new_path || file.old_path} />
            </code>
            {file.old_path === '' ? ' (new)' : file.new_path === '' ? ' (deleted)' : ''}{' '}
            <span class="num small">
                <span class="added">+{file.added}</span>{' '}
                <span class="removed">−{file.removed}</span>
            </span>
            <div class="small">
                {file.functions.map((name) => (
                    <code key={name} class={`pill ${traced.has(name) ? 'traced' : ''}`}>
                        <Shown text={name} />
                        {traced.has(name) ? (
                            <span class="sr"> (stands in the expected trace)</span>
                        ) : null}
                    </code>
                ))}
            </div>
        </li>
    );
}

export function DiffText({ patch }: { patch: string }) {
    const lines = patch.replace(/\n$/, '').split('\n');
    const kind = (line: string): string => {
        if (/^(diff |index |--- |\+\+\+ )/.test(line)) return 'meta';
        if (line.startsWith('@@')) return 'hunk';
        if (line.startsWith('+')) return 'added';
        if (line.startsWith('-')) return 'removed';
        return '';
    };
    const shown = lines.slice(0, 2000);
    return (
        <>
            <pre class="raw diff" tabIndex={0} role="region" aria-label="Patch">
                {shown.map((line, i) => (
                    <span key={i} class={kind(line)}>
                        <Shown text={line} />
                        {'\n'}
                    </span>
                ))}
            </pre>
            {lines.length > shown.length ? (
                <p class="note">{plural(lines.length - shown.length, 'more line')} not shown.</p>
            ) : null}
        </>
    );
}

export function MailSection({ job }: { job: Job }) {
    const { mail } = job;
    const traced = in_trace(job);
    const names_traced = mail.files.some((file) => file.functions.some((name) => traced.has(name)));
    return (
        <section aria-labelledby="the-patch">
            <h2 id="the-patch">The patch</h2>
            {mail.author ? (
                <p class="small dim">
                    by <Shown text={mail.author} />
                </p>
            ) : null}
            <ul class="files">
                {mail.files.map((file) => (
                    <File key={file.new_path + file.old_path} file={file} traced={traced} />
                ))}
            </ul>
            {names_traced ? (
                <p class="small dim">
                    <code class="pill traced">marked</code> stands in the expected trace
                </p>
            ) : null}
            {mail.notes.length > 0 ? (
                <ul class="small dim">
                    {mail.notes.map((note) => (
                        <li key={note}>
                            <Shown text={note} />
                        </li>
                    ))}
                </ul>
            ) : null}
            <details>
                <summary>Log message</summary>
                <Raw text={mail.message} label="Log message" />
            </details>
            <details>
                <summary>Diff</summary>
                <DiffText patch={mail.patch} />
            </details>
        </section>
    );
}
