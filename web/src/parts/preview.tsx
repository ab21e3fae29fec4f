// SPDX-License-Identifier: Apache-2.0
// What intake understood of a mail or a commit, before it is submitted.

import type { ComponentChildren } from 'preact';

import { plural } from '../format';
import { line_diff } from '../line_diff';
import type { Preview, Workload, WorkloadForm } from '../model';
import type { PreviewState } from '../use_preview';
import { Trace } from './frames';
import { Raw, Shown } from './text';
import { TreeAnswers } from './tree_answers';

function Item({
    found,
    name,
    children,
}: {
    found: 'found' | 'missing';
    name: string;
    children: ComponentChildren;
}) {
    return (
        <li class={found === 'found' ? 'there' : 'missing'}>
            <span class="sign" aria-hidden="true">
                {found === 'found' ? '✓' : '–'}
            </span>
            <div>
                <b>{name}</b> {children}
            </div>
        </li>
    );
}

function Files({ preview }: { preview: Preview }) {
    return (
        <Item found="found" name="Patch">
            <span class="dim">{plural(preview.files.length, 'file')}</span>
            <ul class="plain">
                {preview.files.map((file) => (
                    <li key={file.new_path + file.old_path}>
                        <code>
                            <Shown text={file.new_path || file.old_path} />
                        </code>{' '}
                        <span class="num">
                            <span class="added">+{file.added}</span>{' '}
                            <span class="removed">−{file.removed}</span>
                        </span>{' '}
                        <span class="dim">
                            <Shown text={file.functions.join(', ')} />
                        </span>
                    </li>
                ))}
            </ul>
        </Item>
    );
}

function Trees({ preview, chosen }: { preview: Preview; chosen: string }) {
    const { trees } = preview;
    if (trees.length === 0) return null;
    const taken = trees.some(({ state }) => state === 'takes');
    return (
        <Item found={taken ? 'found' : 'missing'} name="Trees">
            <TreeAnswers answers={trees} chosen={chosen} />
        </Item>
    );
}

function Expected({ preview }: { preview: Preview }) {
    const { expected } = preview;
    if (!expected)
        return (
            <Item found="missing" name="No trace">
                <span class="dim">
                    what most boots without the patch show first is what the job is about
                </span>
            </Item>
        );
    return (
        <Item found="found" name="Expected">
            <Shown text={expected.title} />
            <details>
                <summary>{plural(expected.frames.length, 'frame')}</summary>
                <Trace frames={expected.frames} culprit="" />
            </details>
        </Item>
    );
}

function ScriptDiff({ before, after }: { before: string; after: string }) {
    return (
        <pre class="raw diff" tabIndex={0} role="region" aria-label="Amplified against verbatim">
            {line_diff(before, after).map((row, i) => (
                <span
                    key={i}
                    class={row.sign === '-' ? 'removed' : row.sign === '+' ? 'added' : ''}
                >
                    {row.sign}
                    <Shown text={row.text} />
                    {'\n'}
                </span>
            ))}
        </pre>
    );
}

function machine_words(workload: Workload): string {
    return `${plural(workload.vcpus, 'vCPU')}, ${workload.memory_mib} MiB`;
}

function WorkloadText({ preview, form }: { preview: Preview; form: WorkloadForm }) {
    const { verbatim, amplified } = preview.workload;
    if (form === 'verbatim' || !amplified)
        return verbatim ? (
            <>
                <span class="dim">{machine_words(verbatim)}</span>
                <Raw text={verbatim.script} label="One iteration" />
            </>
        ) : null;
    return (
        <>
            <span class="dim">
                {form === 'auto' ? 'verbatim first, then amplified: ' : ''}
                {machine_words(amplified)}
            </span>
            <ScriptDiff before={verbatim?.script ?? ''} after={amplified.script} />
            {amplified.changes.length > 0 ? (
                <ul>
                    {amplified.changes.map((change) => (
                        <li key={change}>
                            <Shown text={change} />
                        </li>
                    ))}
                </ul>
            ) : (
                <p class="dim">Nothing to amplify: it runs as it is.</p>
            )}
        </>
    );
}

function Reproducer({ preview, form }: { preview: Preview; form: WorkloadForm }) {
    if (!preview.reproducer)
        return (
            <Item found="missing" name="No reproducer">
                <span class="dim">
                    the log message has no loop and no command that looks like one
                </span>
            </Item>
        );
    return (
        <>
            <Item found="found" name="Reproducer">
                <span class="dim">{preview.reproducer.loop ? 'a loop of' : 'a command'}</span>
                <Raw text={preview.reproducer.command} label="The reproducer's command" />
            </Item>
            <Item
                found={preview.workload.problem ? 'missing' : 'found'}
                name={`Workload, ${form === 'auto' ? 'auto' : form}`}
            >
                {preview.workload.problem ? (
                    <Shown text={preview.workload.problem} />
                ) : (
                    <WorkloadText preview={preview} form={form} />
                )}
            </Item>
        </>
    );
}

function Trailers({ preview }: { preview: Preview }) {
    if (preview.trailers.length === 0) return null;
    return (
        <Item found="found" name="Trailers">
            <details>
                <summary>{plural(preview.trailers.length, 'line')}</summary>
                <ul class="plain">
                    {preview.trailers.map((trailer, i) => (
                        <li key={i}>
                            <Shown text={`${trailer.key}: ${trailer.value}`} />
                        </li>
                    ))}
                </ul>
            </details>
        </Item>
    );
}

interface PreviewProps {
    preview: Preview;
    form: WorkloadForm;
    tree: string; // that is chosen
}

function Understood({ preview, form, tree }: PreviewProps) {
    return (
        <ul class="seen">
            <Item found={preview.title ? 'found' : 'missing'} name="Title">
                <Shown text={preview.title || 'none'} />
                {preview.author ? (
                    <span class="dim">
                        {' '}
                        by <Shown text={preview.author} />
                    </span>
                ) : null}
            </Item>
            <Files preview={preview} />
            <Trees preview={preview} chosen={tree} />
            <Expected preview={preview} />
            <Reproducer preview={preview} form={form} />
            <Trailers preview={preview} />
            {preview.notes.map((note) => (
                <li key={note} class="dim">
                    <span class="sign" aria-hidden="true">
                        ·
                    </span>
                    <div>
                        <Shown text={note} />
                    </div>
                </li>
            ))}
        </ul>
    );
}

interface PanelProps {
    state: PreviewState;
    form: WorkloadForm;
    tree: string;
}

export function PreviewPanel({ state, form, tree }: PanelProps) {
    const { preview, problem, asking } = state;
    if (!preview && !problem && !asking) return null;
    return (
        <section class="preview small" aria-labelledby="understood" aria-live="polite">
            <h2 id="understood">
                What krepro understands {asking ? <span class="dim">…</span> : null}
            </h2>
            {problem ? (
                <p class="fault-note">
                    <Shown text={problem.detail || problem.title} />
                    {problem.hint ? <Shown text={`: ${problem.hint}`} /> : null}
                </p>
            ) : null}
            {preview ? <Understood preview={preview} form={form} tree={tree} /> : null}
        </section>
    );
}
