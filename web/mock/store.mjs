// SPDX-License-Identifier: Apache-2.0
// Jobs in the daemon's JSON shapes, built from a real mail and real consoles: how they are made,
// kept and served. Which there are is in samples.mjs.

import { readFileSync } from 'node:fs';

import { frames_of, reports_of } from './splat.mjs';

export const read = (name) => readFileSync(new URL(`data/${name}`, import.meta.url), 'utf8');

const k_mail = read('mail.txt');
export const k_title = k_mail.slice(0, k_mail.indexOf('\n'));
const k_patch = k_mail.slice(k_mail.indexOf('diff --git'));
const k_start = Date.parse('2026-11-22T17:20:00Z');
export const iso = (seconds) => new Date(k_start + seconds * 1000).toISOString();

export const consoles = new Map();
export const jobs = new Map();
export const trials = new Map();
export const reports = new Map();

const k_expected_frames = frames_of(k_mail.replace(/^ {3}(?=\S)/gm, ''));

const k_patch_files = [
    {
        old_path: 'include/linux/sched/task.h',
        new_path: 'include/linux/sched/task.h',
        hunks: 1,
        added: 27,
        removed: 1,
        functions: ['put_task_struct', 'get_task_struct'],
    },
    {
        old_path: 'kernel/fork.c',
        new_path: 'kernel/fork.c',
        hunks: 1,
        added: 8,
        removed: 0,
        functions: ['__put_task_struct', '__put_task_struct_rcu_cb', 'inactive_task_timer'],
    },
];

function mail_of(title) {
    return {
        title,
        author: 'Wander Lairson Costa <wander@redhat.com>',
        message_id: '20230614122323.37957-2-wander@redhat.com',
        message: k_mail.slice(k_title.length + 2, k_mail.indexOf('\nReported-by')),
        trailers: [{ key: 'Reported-by', value: 'Hu Chunyu <chuhu@redhat.com>' }],
        patch: k_patch,
        files: k_patch_files,
        splat: k_mail.slice(k_mail.indexOf('  CPU: 1'), k_mail.indexOf('Instead of')),
        reproducer: {
            script: 'while true; do\n    stress-ng --sched deadline --mmapfork 23 -t 20\ndone',
            command:
                'stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 800000000 --sched-deadline 1000000000 --mmapfork 23 -t 20',
            looped: true,
        },
        notes: ['The last hunk is one context line short; it is applied with --recount -C1.'],
    };
}

const k_empty_report = {
    title: '',
    kind: '',
    lockdep: false,
    disables_lockdep: false,
    signature: '',
    locks: [],
    held: [],
    culprit: '',
    corrupted: false,
    syzbot: { title: '', type: null, corrupted: false },
    first_byte: 0,
    end_byte: 0,
    first_line: 0,
    end_line: 0,
    uptime_s: null,
    text: '',
};

const k_mail_context = {
    cpu: 1,
    pid: 2848,
    comm: 'life',
    release: '',
    taint: 'Tainted: G W',
    hardware: 'HP ProLiant DL388p Gen8, BIOS P70 07/15/2012',
    interrupt: null,
    wait_outer: null,
    wait_inner: null,
    in_atomic: null,
    irqs_disabled: null,
    preempt_count: null,
    rcu_depth: null,
    preemption_disabled_at: null,
    words: '',
};

export function build_of(arm, objects, wall_s, cached) {
    return {
        key: arm === 'unpatched' ? '9f3ab6d0c7e14b52' : '41c07de2aa9016f8',
        arm,
        tree: 'debian-6.1.8-rt5',
        profile: 'rt-lockdep',
        release: '6.1.8-rt5',
        compiler: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0',
        bzimage: 'b'.repeat(64),
        vmlinux: 'c'.repeat(64),
        config: 'd'.repeat(64),
        objects,
        wall_s,
        cached,
    };
}

export const k_workload = {
    name: 'stress-ng-deadline-mmapfork',
    form: 'amplified',
    script: 'stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 100000000 \\\n    --sched-deadline 1000000000 --mmapfork 4 -t 3\n',
    vcpus: 4,
    memory_mib: 1024,
    iteration_s: 3,
    unit: 'deadline_exits',
    changes: [
        '--sched-runtime 800000000 -> 100000000: more tasks are admitted, and the window after an exit is longer',
        '--mmapfork 23 -> 4: one for each CPU',
        '-t 20 -> 3: an iteration ends sooner, its exits are the trigger',
    ],
};

export function empty_job(id, title) {
    return {
        id,
        stage: 'queued',
        title,
        spec: {
            tree: 'debian-6.1.8-rt5',
            profile: 'rt-lockdep',
            workload: 'amplified',
            confidence: 0.95,
            budget: { wall_s: 3600, trials: 60 },
            script: '',
        },
        mail: mail_of(title),
        expected: {
            ...k_empty_report,
            title: 'splat in inactive_task_timer',
            frames: k_expected_frames,
            context: k_mail_context,
        },
        direction: null,
        unpatched_checkout: null,
        patched_checkout: null,
        unpatched_build: null,
        patched_build: null,
        workload: null,
        target_signature: '',
        verdict: null,
        problem: null,
        cancel_requested: false,
        created_at: iso(0),
        updated_at: iso(0),
    };
}

function aligned_pairs(observed) {
    const pairs = [];
    let from = 0;
    k_expected_frames.forEach((frame, e) => {
        if (e < 6) return;
        const names = [frame.function, frame.function.replace('__run_hrtimer', '')];
        const o = observed.findIndex(
            (f, i) => i >= from && f.certain && names.includes(f.function),
        );
        if (o < 0) return;
        pairs.push([e, o]);
        from = o + 1;
    });
    return pairs;
}

function add_reports(trial, text, target) {
    for (const report of reports_of(text)) {
        const id = reports.size + 1;
        trial.reports.push(id);
        reports.set(id, {
            id,
            job: trial.job,
            trial: trial.id,
            arm: trial.arm,
            target,
            matches_expected: true,
            match: {
                same_bug: true,
                score: 0.82,
                aligned: aligned_pairs(report.frames),
                why: 'Below the detector, 9 of 11 frames are the same, in the same order.',
            },
            at: trial.ended_at ?? trial.started_at,
            report,
        });
    }
}

export function outcome_of(kind, exposure, detail = '', cause = null) {
    return {
        kind,
        cause,
        detail,
        exposure,
        unit: 'deadline_exits',
        iterations: kind === 'hit' ? 1 : 9,
        guest_s: exposure * 0.31,
        wall_s: exposure * 0.42 + 3,
        ready_s: 2.7,
        lockdep_alive_at_end: kind === 'clean',
        proof: [],
    };
}

export function add_trial(job, arm, number, outcome, began) {
    const id = trials.size + 1;
    const hit = outcome?.kind === 'hit';
    const trial = {
        id,
        job,
        arm,
        number,
        form: 'amplified',
        accelerator: 'tcg',
        vcpus: 4,
        memory_mib: 1024,
        started_at: iso(began),
        ended_at: outcome ? iso(began + outcome.wall_s) : null,
        outcome,
        console: outcome ? 'e'.repeat(64) : '',
        harness: outcome ? 'f'.repeat(64) : '',
        reports: [],
    };
    trials.set(id, trial);
    const text =
        outcome?.kind === 'void'
            ? read('patched.txt').slice(0, 4000)
            : read(hit ? 'unpatched.txt' : 'patched.txt');
    consoles.set(id, Buffer.from(text));
    if (hit) add_reports(trial, text, true);
    return trial;
}

function counts(job, arm) {
    const own = [...trials.values()].filter((t) => t.job === job && t.arm === arm && t.outcome);
    const of = (kind) => own.filter((t) => t.outcome.kind === kind).length;
    const sum = (name) =>
        own.reduce((all, t) => all + (t.outcome.kind === 'void' ? 0 : t.outcome[name]), 0);
    return {
        trials: own.length,
        hits: of('hit'),
        clean: of('clean'),
        other: of('other'),
        void: of('void'),
        exposure: sum('exposure'),
        wall_s: sum('wall_s'),
    };
}

export function verdict_of(job, kind, sentence) {
    const unpatched = counts(job, 'unpatched');
    const patched = counts(job, 'patched');
    const fixed = kind === 'fixed';
    return {
        kind,
        confidence: 0.95,
        hits_needed: 3,
        unpatched,
        patched,
        unit: 'deadline_exits',
        form: 'amplified',
        exposure_needed: unpatched.hits >= 3 ? (20 ** (1 / 3) - 1) * unpatched.exposure : null,
        p_value: fixed ? (unpatched.exposure / (unpatched.exposure + patched.exposure)) ** 3 : null,
        rate_ratio_bound: fixed
            ? (Math.log(20) * unpatched.exposure) / (3 * patched.exposure)
            : null,
        rate_bound:
            kind === 'not_reproduced'
                ? Math.log(20) / (unpatched.exposure + patched.exposure)
                : null,
        sentence,
        limits: [
            'The workload was amplified: its parameters are not those of the mail.',
            ...(fixed
                ? [
                      'The bug may still hit with the patch at up to 56 % of the rate measured without it (95 % confidence).',
                  ]
                : []),
        ],
        void_causes: unpatched.void + patched.void > 0 ? ['boot_hang: 1'] : [],
    };
}

export function done_job(id, title, kind, sentence, plan) {
    const job = {
        ...empty_job(id, title),
        stage: 'done',
        direction: 'forward',
        workload: k_workload,
    };
    job.unpatched_build = build_of('unpatched', 1108, 298, false);
    job.patched_build = build_of('patched', 34, 21.4, false);
    job.target_signature = 'iwc:refill_obj_stock';
    let clock = 360;
    plan.forEach(([arm, outcome]) => {
        const number = [...trials.values()].filter((t) => t.job === id && t.arm === arm).length + 1;
        add_trial(id, arm, number, outcome, clock);
        clock += outcome.wall_s + 1;
    });
    job.verdict = verdict_of(id, kind, sentence);
    job.updated_at = iso(clock);
    jobs.set(id, job);
    return job;
}

export const mails = new Map();
export const mail_of_job = (id) => mails.get(id) ?? k_mail;

export function add_job(mail, spec) {
    const id = jobs.size + 1;
    const title =
        mail
            .split('\n')
            .find((line) => line.trim() !== '')
            ?.replace(/^Subject:\s*(\[[^\]]*\]\s*)?/, '') ?? '';
    const job = { ...empty_job(id, title), created_at: new Date().toISOString() };
    job.spec = { ...job.spec, ...spec };
    jobs.set(id, job);
    mails.set(id, mail);
    return job;
}

function arm_of(job, arm) {
    return {
        build: job[`${arm}_build`],
        counts: counts(job.id, arm),
        trials: [...trials.values()].filter((t) => t.job === job.id && t.arm === arm),
    };
}

// The documents as the daemon serves them.
export function job_document(job) {
    const short = [...reports.values()]
        .filter((stored) => stored.job === job.id)
        .map(({ id, trial, arm, target, matches_expected, at, report }) => {
            const { title, kind, signature } = report;
            return { id, trial, arm, title, kind, signature, target, matches_expected, at };
        });
    const arms = { unpatched: arm_of(job, 'unpatched'), patched: arm_of(job, 'patched') };
    return { ...job, spec: { mail: mail_of_job(job.id), ...job.spec }, arms, reports: short };
}

export function job_summary(job) {
    const { tree, profile, workload, confidence, budget } = job.spec;
    const { title, author, message_id } = job.mail;
    const {
        expected,
        unpatched_build,
        patched_build,
        unpatched_checkout,
        patched_checkout,
        workload: plan,
        ...rest
    } = job;
    return {
        ...rest,
        spec: { tree, profile, workload, confidence, budget },
        mail: { title, author, message_id },
    };
}
