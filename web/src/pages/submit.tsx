// SPDX-License-Identifier: Apache-2.0
// A new job from a mail or a commit.

import { useState } from 'preact/hooks';

import type { Problem, Submission } from '../api';
import { ApiError, submit } from '../api';
import type { FieldName } from '../fault';
import { field_of } from '../fault';
import { EstimateHint } from '../parts/estimate';
import type { MailText } from '../mail_text';
import { joined, text_of_bytes } from '../mail_text';
import { Field } from '../parts/field';
import { Options } from '../parts/options';
import { PreviewPanel } from '../parts/preview';
import { Twins } from '../parts/twins';
import { go } from '../router';
import { use_title } from '../title';
import { use_preview } from '../use_preview';

async function mail_of_files(files: FileList): Promise<MailText> {
    const read = async (file: File) => ({
        name: file.name,
        bytes: new Uint8Array(await file.arrayBuffer()),
    });
    return text_of_bytes(joined(await Promise.all([...files].map(read))));
}

async function mail_of_drop(event: DragEvent): Promise<MailText | null> {
    const files = event.dataTransfer?.files;
    if (files && files.length > 0) return mail_of_files(files);
    const text = event.dataTransfer?.getData('text/plain');
    return text ? { text, form: 'text' } : null;
}

function FileChooser({ take }: { take: (mail: Promise<MailText>) => void }) {
    return (
        <label class="file">
            <span class="button quiet">Choose files …</span>
            <input
                type="file"
                multiple
                class="sr"
                onChange={(event) => {
                    const input = event.currentTarget;
                    if (!input.files || input.files.length === 0) return;
                    take(mail_of_files(input.files));
                    input.value = ''; // the same file, changed meanwhile, can be chosen again
                }}
            />
        </label>
    );
}

function MailField({
    mail,
    change,
    problem,
}: {
    mail: MailText;
    change: (mail: MailText) => void;
    problem: Problem | null;
}) {
    const [over, set_over] = useState(false);
    const [fault, set_fault] = useState('');
    const take = (coming: Promise<MailText | null>) => {
        set_fault('');
        coming.then(
            (read) => {
                if (read) change(read);
            },
            () => set_fault('The file cannot be read.'),
        );
    };
    return (
        <Field label="Mail, patch or commit" name="mail" problem={problem}>
            <textarea
                id="mail"
                name="mail"
                class={`raw ${over ? 'over' : ''}`}
                rows={18}
                spellcheck={false}
                placeholder={k_placeholder}
                value={mail.text}
                aria-invalid={problem !== null}
                aria-describedby={problem ? 'mail-fault' : undefined}
                onInput={(event) => {
                    const text = event.currentTarget.value;
                    // What is pasted into an empty field is a text, whatever was there before.
                    change({ text, form: text === '' ? 'text' : mail.form });
                }}
                onDragOver={(event) => {
                    event.preventDefault();
                    set_over(true);
                }}
                onDragLeave={() => set_over(false)}
                onDrop={(event) => {
                    event.preventDefault();
                    set_over(false);
                    take(mail_of_drop(event));
                }}
            />
            <p class="row small">
                <FileChooser take={take} />
                <span class="dim">
                    Several are one series. It is sent to this daemon and to no one else.
                </span>
            </p>
            {mail.form === 'bytes' ? (
                <p class="hint" role="status">
                    Not UTF-8: each byte is shown as one character, and sent as it is.
                </p>
            ) : null}
            {fault ? (
                <p class="fault" role="alert">
                    {fault}
                </p>
            ) : null}
        </Field>
    );
}

const k_placeholder =
    'Paste it here, or drop its files.\n\n' +
    'The log message with its trace and reproducer, then the diff.\n\n' +
    'For a commit of the tree, name it in the field Commit and leave this one empty.';

const k_start: Submission = {
    mail: '',
    mail_form: 'text',
    commit: '',
    tree: 'debian-6.1.8-rt5',
    profile: 'rt-lockdep',
    workload: 'amplified',
    confidence: '0.95',
    minutes: '60',
    trials: '60',
    warm_start: false,
};

export function SubmitPage() {
    use_title('submit');
    const [form, set_form] = useState(k_start);
    const [problem, set_problem] = useState<Problem | null>(null);
    const [sending, set_sending] = useState(false);
    const preview = use_preview(form);
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
                <Twins page="/submit" />
            </header>
            <form class="submit" onSubmit={(event) => void send(event)}>
                <div>
                    <MailField
                        mail={{ text: form.mail, form: form.mail_form }}
                        change={({ text, form }) => set({ mail: text, mail_form: form })}
                        problem={fault('mail')}
                    />
                    <PreviewPanel state={preview} form={form.workload} tree={form.tree} />
                </div>
                <div class="options">
                    <Options form={form} set={set} fault={fault} />
                    <EstimateHint estimate={preview.preview?.estimate ?? null} />
                    <button
                        type="submit"
                        class="primary"
                        disabled={sending || !(form.mail.trim() || form.commit.trim())}
                    >
                        {sending ? 'Sending …' : 'Prove it'}
                    </button>
                </div>
            </form>
        </>
    );
}
