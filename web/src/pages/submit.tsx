// SPDX-License-Identifier: Apache-2.0
// A new job from a mail.

import { useState } from 'preact/hooks';

import type { Problem, Submission } from '../api';
import { ApiError, submit } from '../api';
import type { FieldName } from '../fault';
import { field_of } from '../fault';
import { EstimateHint } from '../parts/estimate';
import { Field } from '../parts/field';
import { Options } from '../parts/options';
import { PreviewPanel } from '../parts/preview';
import { Twins } from '../parts/twins';
import { go } from '../router';
import { use_title } from '../title';
import { use_preview } from '../use_preview';

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
                placeholder={
                    'Paste it here, or drop a file.\n\nThe log message with its trace and reproducer, then the diff.\n\nOr name a commit of the tree.'
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
        </Field>
    );
}

const k_start: Submission = {
    mail: '',
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
                        mail={form.mail}
                        change={(mail) => set({ mail })}
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
