// SPDX-License-Identifier: Apache-2.0
// A new job from a mail.

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import type { Problem, Submission } from '../api';
import { ApiError, submit } from '../api';
import { bytes, plural } from '../format';
import type { FieldName } from '../fault';
import { field_of } from '../fault';
import { glance } from '../glance';
import type { WorkloadForm } from '../model';
import { Shown } from '../parts/text';
import { go } from '../router';
import { use_title } from '../title';

const k_max_bytes = 10 << 20;

const k_workloads: Record<WorkloadForm, string> = {
    amplified: 'The same code path with parameters that hit sooner.',
    verbatim: 'Exactly what the mail says. It may take long.',
    auto: 'Verbatim first, amplified when that takes too long.',
};
const k_confidences: Record<string, string> = {
    '0.9': 'Of ten patches that do nothing, one may pass as fixed. 3 hits are asked for.',
    '0.95': 'Of twenty patches that do nothing, one may pass as fixed. 3 hits are asked for.',
    '0.99': 'Of a hundred patches that do nothing, one may pass as fixed. 5 hits are asked for.',
};
const k_trees = ['debian-6.1.8-rt5', 'debian-6.1-rt', 'debian-6.12'];

function Fault({ problem, id }: { problem: Problem | null; id: string }) {
    if (!problem) return null;
    return (
        <p class="fault" id={id} role="alert">
            <Shown text={problem.detail || problem.title} />
            {problem.hint ? (
                <>
                    {' '}
                    <Shown text={problem.hint} />
                </>
            ) : null}
        </p>
    );
}

function Field({
    label,
    name,
    problem,
    children,
}: {
    label: string;
    name: FieldName;
    problem: Problem | null;
    children: ComponentChildren;
}) {
    return (
        <div class={`field ${problem ? 'wrong' : ''}`}>
            <label for={name}>{label}</label>
            {children}
            <Fault problem={problem} id={`${name}-fault`} />
        </div>
    );
}

function Seen({ mail }: { mail: string }) {
    const seen = useMemo(() => glance(mail), [mail]);
    if (mail.trim() === '') return null;
    const row = (there: boolean, text: ComponentChildren) => (
        <li class={there ? 'there' : 'missing'}>
            <span aria-hidden="true">{there ? '✓' : '–'}</span> {text}
        </li>
    );
    return (
        <ul class="seen" aria-live="polite">
            {row(
                seen.files.length > 0,
                seen.files.length > 0 ? (
                    <>
                        a diff of {plural(seen.files.length, 'file')}:{' '}
                        <Shown text={seen.files.slice(0, 4).join(', ')} />
                        {seen.files.length > 4 ? ' …' : ''}
                    </>
                ) : (
                    'no diff'
                ),
            )}
            {row(
                seen.has_trace,
                seen.has_trace
                    ? 'a call trace to look for'
                    : 'no call trace: the first report of the unpatched kernel will be the target',
            )}
            {row(
                seen.reproducer !== '',
                seen.reproducer ? (
                    <>
                        a reproducer:{' '}
                        <code>
                            <Shown text={seen.reproducer} />
                        </code>
                    </>
                ) : (
                    'no loop seen: the daemon looks for the reproducer'
                ),
            )}
            <li class="dim">
                {bytes(seen.bytes)}
                {seen.bytes > k_max_bytes ? ': more than the 10 MiB that a mail may have' : ''}
            </li>
        </ul>
    );
}

async function text_of_drop(event: DragEvent): Promise<string> {
    const file = event.dataTransfer?.files[0];
    if (file) return file.text();
    return event.dataTransfer?.getData('text/plain') ?? '';
}

function MailField({
    mail,
    change,
    problem,
}: {
    mail: string;
    change: (mail: string) => void;
    problem: Problem | null;
}) {
    const [over, set_over] = useState(false);
    const dropped = (event: DragEvent) => {
        event.preventDefault();
        set_over(false);
        void text_of_drop(event).then((text) => {
            if (text) change(text);
        });
    };
    return (
        <Field label="Mail, patch or commit" name="mail" problem={problem}>
            <textarea
                id="mail"
                name="mail"
                class={`raw ${over ? 'over' : ''}`}
                rows={18}
                spellcheck={false}
                required
                placeholder={
                    'Paste it here, or drop a file.\n\nThe log message with its trace and reproducer, then the diff.'
                }
                value={mail}
                aria-invalid={problem !== null}
                aria-describedby={problem ? 'mail-fault' : undefined}
                onInput={(event) => change(event.currentTarget.value)}
                onDragOver={(event) => {
                    event.preventDefault();
                    set_over(true);
                }}
                onDragLeave={() => set_over(false)}
                onDrop={dropped}
            />
            <p class="row small">
                <label class="file">
                    <span class="button quiet">Choose a file …</span>
                    <input
                        type="file"
                        class="sr"
                        onChange={(event) => {
                            const file = event.currentTarget.files?.[0];
                            if (file) void file.text().then(change);
                        }}
                    />
                </label>
                <span class="dim">It is sent to this daemon and to no one else.</span>
            </p>
            <Seen mail={mail} />
        </Field>
    );
}

const k_start: Submission = {
    mail: '',
    tree: 'debian-6.1.8-rt5',
    profile: 'rt-lockdep',
    workload: 'amplified',
    confidence: '0.95',
    minutes: '60',
    trials: '60',
};

export function SubmitPage() {
    use_title('submit');
    const [form, set_form] = useState(k_start);
    const [problem, set_problem] = useState<Problem | null>(null);
    const [sending, set_sending] = useState(false);
    const set = (part: Partial<Submission>) => set_form((old) => ({ ...old, ...part }));
    const fault = (name: FieldName) => (problem && field_of(problem) === name ? problem : null);

    const send = async (event: Event) => {
        event.preventDefault();
        set_sending(true);
        set_problem(null);
        try {
            const job = await submit(form);
            go(`/jobs/${job.id}`);
        } catch (thrown) {
            const said =
                thrown instanceof ApiError
                    ? thrown.problem
                    : {
                          title: 'The mail was not sent',
                          status: 0,
                          where: '',
                          hint: 'Nothing is lost: try again.',
                          detail: thrown instanceof Error ? thrown.message : String(thrown),
                      };
            set_problem(said);
            set_sending(false);
            document.getElementById(field_of(said))?.focus();
        }
    };

    return (
        <>
            <header class="page-head">
                <h1 tabIndex={-1}>Submit</h1>
            </header>
            <form class="submit" onSubmit={(event) => void send(event)}>
                <MailField
                    mail={form.mail}
                    change={(mail) => set({ mail })}
                    problem={fault('mail')}
                />
                <div class="options">
                    <Field label="Tree" name="tree" problem={fault('tree')}>
                        <input
                            id="tree"
                            list="trees"
                            required
                            value={form.tree}
                            spellcheck={false}
                            aria-invalid={fault('tree') !== null}
                            onInput={(event) => set({ tree: event.currentTarget.value })}
                        />
                        <datalist id="trees">
                            {k_trees.map((tree) => (
                                <option key={tree} value={tree} />
                            ))}
                        </datalist>
                    </Field>
                    <Field label="Profile" name="profile" problem={fault('profile')}>
                        <input
                            id="profile"
                            required
                            value={form.profile}
                            spellcheck={false}
                            aria-invalid={fault('profile') !== null}
                            onInput={(event) => set({ profile: event.currentTarget.value })}
                        />
                    </Field>
                    <Field label="Workload" name="workload" problem={fault('workload')}>
                        <select
                            id="workload"
                            value={form.workload}
                            aria-describedby="workload-hint"
                            onChange={(event) =>
                                set({ workload: event.currentTarget.value as WorkloadForm })
                            }
                        >
                            {Object.keys(k_workloads).map((name) => (
                                <option key={name} value={name}>
                                    {name}
                                </option>
                            ))}
                        </select>
                        <p class="hint" id="workload-hint">
                            {k_workloads[form.workload]}
                        </p>
                    </Field>
                    <Field label="Confidence" name="confidence" problem={fault('confidence')}>
                        <select
                            id="confidence"
                            value={form.confidence}
                            aria-describedby="confidence-hint"
                            onChange={(event) => set({ confidence: event.currentTarget.value })}
                        >
                            {Object.keys(k_confidences).map((value) => (
                                <option key={value} value={value}>
                                    {Number(value) * 100} %
                                </option>
                            ))}
                        </select>
                        <p class="hint" id="confidence-hint">
                            {k_confidences[form.confidence]}
                        </p>
                    </Field>
                    <div class="pair">
                        <Field label="Minutes" name="minutes" problem={fault('minutes')}>
                            <input
                                id="minutes"
                                type="number"
                                min="1"
                                max="10080"
                                required
                                value={form.minutes}
                                onInput={(event) => set({ minutes: event.currentTarget.value })}
                            />
                        </Field>
                        <Field label="Trials" name="trials" problem={fault('trials')}>
                            <input
                                id="trials"
                                type="number"
                                min="2"
                                max="10000"
                                required
                                value={form.trials}
                                onInput={(event) => set({ trials: event.currentTarget.value })}
                            />
                        </Field>
                        <p class="hint">at most, both arms together; builds are not counted</p>
                    </div>
                    <button
                        type="submit"
                        class="primary"
                        disabled={sending || form.mail.trim() === ''}
                    >
                        {sending ? 'Sending …' : 'Prove it'}
                    </button>
                </div>
            </form>
        </>
    );
}
