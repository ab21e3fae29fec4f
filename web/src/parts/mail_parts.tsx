// SPDX-License-Identifier: Apache-2.0
// The mail that a job is about: what it changes, and its text.

import { plural } from '../format';
import type { Frame, Job, PatchFile } from '../model';
import { Raw, Shown } from './text';

// The functions of the mail's trace, and of the report that stands for it.
function in_trace(job: Job, observed: Frame[]): Set<string> {
    const frames = [...(job.expected?.frames ?? []), ...observed.filter((frame) => frame.certain)];
    return new Set(frames.map((frame) => frame.function));
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
                        {traced.has(name) ? <span class="sr"> (stands in the trace)</span> : null}
                    </code>
                ))}
            </div>
        </li>
    );
}

// The pieces of a line, those that are one of the names apart.
export function pieces_by_names(line: string, names: Set<string>): string[] {
    return line.split(/([A-Za-z_]\w*)/).reduce<string[]>((pieces, part, i) => {
        if (i % 2 === 1 && names.has(part)) pieces.push(part, '');
        else pieces.push((pieces.pop() ?? '') + part);
        return pieces;
    }, []);
}

function DiffLine({ line, traced }: { line: string; traced: Set<string> }) {
    return (
        <>
            {pieces_by_names(line, traced).map((piece, i) =>
                traced.has(piece) ? (
                    <mark key={i} class="traced">
                        {piece}
                    </mark>
                ) : piece ? (
                    <Shown key={i} text={piece} />
                ) : null,
            )}
        </>
    );
}

function kind_of(line: string): string {
    if (/^(diff |index |--- |\+\+\+ )/.test(line)) return 'meta';
    if (line.startsWith('@@')) return 'hunk';
    if (line.startsWith('+')) return 'added';
    if (line.startsWith('-')) return 'removed';
    return '';
}

const k_diff_lines = 2000;
// A patch of a few screens is shown at once.
const k_open_below = 8000;

export function DiffText({ patch, traced }: { patch: string; traced: Set<string> }) {
    const lines = patch.replace(/\n$/, '').split('\n');
    const shown = lines.slice(0, k_diff_lines);
    return (
        <>
            <pre class="raw diff" tabIndex={0} role="region" aria-label="Patch">
                {shown.map((line, i) => (
                    <span key={i} class={kind_of(line)}>
                        <DiffLine line={line} traced={traced} />
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

export function MailSection({ job, observed }: { job: Job; observed: Frame[] }) {
    const { mail } = job;
    const traced = in_trace(job, observed);
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
                    <code class="pill traced">marked</code> stands in the trace
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
            <details open={mail.patch.length < k_open_below}>
                <summary>Diff</summary>
                <DiffText patch={mail.patch} traced={traced} />
            </details>
        </section>
    );
}
