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
import { Field } from '../parts/field';
import { Options } from '../parts/options';
import { Shown } from '../parts/text';
import { go } from '../router';
import { use_title } from '../title';

const k_max_bytes = 10 << 20;

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
                    <Options form={form} set={set} fault={fault} />
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
