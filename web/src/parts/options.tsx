// SPDX-License-Identifier: Apache-2.0
// What a job may be given besides the mail.

import type { Problem, Submission } from '../api';
import { get_choices } from '../api';
import type { FieldName } from '../fault';
import type { WorkloadForm } from '../model';
import { use_resource } from '../resource';
import { Field } from './field';

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
interface OptionProps {
    form: Submission;
    set: (part: Partial<Submission>) => void;
    fault: (name: FieldName) => Problem | null;
}

function KernelOptions({ form, set, fault }: OptionProps) {
    const choices = use_resource('choices', get_choices).data;
    const tree = choices?.trees.find((candidate) => candidate.name === form.tree);
    const profile = choices?.profiles.find((candidate) => candidate.name === form.profile);
    return (
        <>
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
                    {choices?.trees.map(({ name, description }) => (
                        <option key={name} value={name} label={description} />
                    ))}
                </datalist>
                <p class="hint">
                    {tree?.description ??
                        'a tree of this machine, the path of a git repository, or auto: the one that takes it'}
                </p>
            </Field>
            <Field label="Commit" name="commit" problem={fault('commit')}>
                <input
                    id="commit"
                    value={form.commit}
                    spellcheck={false}
                    aria-invalid={fault('commit') !== null}
                    aria-describedby="commit-hint"
                    onInput={(event) => set({ commit: event.currentTarget.value.trim() })}
                />
                <p class="hint" id="commit-hint">
                    of the tree, or two as A..B; a mail beside it only tells the story
                </p>
            </Field>
            <Field label="Profile" name="profile" problem={fault('profile')}>
                <input
                    id="profile"
                    list="profiles"
                    required
                    value={form.profile}
                    spellcheck={false}
                    aria-invalid={fault('profile') !== null}
                    onInput={(event) => set({ profile: event.currentTarget.value })}
                />
                <datalist id="profiles">
                    {choices?.profiles.map(({ name, description }) => (
                        <option key={name} value={name} label={description} />
                    ))}
                </datalist>
                <p class="hint">{profile?.description ?? 'a kernel configuration'}</p>
            </Field>
        </>
    );
}

function EvidenceOptions({ form, set, fault }: OptionProps) {
    return (
        <>
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
        </>
    );
}

function WarmStart({ form, set, fault }: OptionProps) {
    return (
        <Field label="Earlier jobs" name="warm_start" problem={fault('warm_start')}>
            <span class="check">
                <input
                    id="warm_start"
                    type="checkbox"
                    checked={form.warm_start}
                    aria-describedby="warm-start-hint"
                    onChange={(event) => set({ warm_start: event.currentTarget.checked })}
                />
                <span class="small" id="warm-start-hint">
                    count their hits on the same unpatched kernel, at half weight
                </span>
            </span>
        </Field>
    );
}

function BudgetOptions({ form, set, fault }: OptionProps) {
    return (
        <>
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
        </>
    );
}

export function Options(props: OptionProps) {
    return (
        <>
            <KernelOptions {...props} />
            <EvidenceOptions {...props} />
            <WarmStart {...props} />
            <BudgetOptions {...props} />
        </>
    );
}
