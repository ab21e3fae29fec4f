// SPDX-License-Identifier: Apache-2.0
// Sample jobs in the daemon's JSON shapes, built from a real mail and real consoles.

import { readFileSync } from 'node:fs';

import { frames_of, reports_of } from './splat.mjs';

const read = (name) => readFileSync(new URL(`data/${name}`, import.meta.url), 'utf8');

const k_mail = read('mail.txt');
const k_title = k_mail.slice(0, k_mail.indexOf('\n'));
const k_patch = k_mail.slice(k_mail.indexOf('diff --git'));
const k_start = Date.parse('2026-11-22T17:20:00Z');
const iso = (seconds) => new Date(k_start + seconds * 1000).toISOString();

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

function build_of(arm, objects, wall_s, cached) {
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

const k_workload = {
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

function empty_job(id, title) {
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

function outcome_of(kind, exposure, detail = '', cause = null) {
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

function add_trial(job, arm, number, outcome, began) {
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

function verdict_of(job, kind, sentence) {
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

function done_job(id, title, kind, sentence, plan) {
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

const hit = (exposure) => outcome_of('hit', exposure, 'Invalid wait context in refill_obj_stock');
const clean = (exposure) => outcome_of('clean', exposure);
const hang = outcome_of(
    'void',
    0,
    'No "ready" within 20 s; the console stands at the RCU self tests.',
    'boot_hang',
);

done_job(
    1,
    k_title,
    'fixed',
    'The bug hit in 3 of 3 boots without the patch (107 deadline-task exits) and in none of 5 boots with it (190 deadline-task exits); were the rates equal, this would happen with probability 0.047.',
    [
        ['unpatched', hit(31)],
        ['unpatched', hit(44)],
        ['unpatched', hang],
        ['unpatched', hit(32)],
        ['patched', clean(39)],
        ['patched', clean(40)],
        ['patched', clean(38)],
        ['patched', clean(36)],
        ['patched', clean(37)],
    ],
);
done_job(
    2,
    'sched/deadline: reword a comment in inactive_task_timer()',
    'not_fixed',
    'The bug hit in 3 of 3 boots without the patch (98 deadline-task exits) and in 1 of 1 boot with it (29 deadline-task exits): the patch does not fix it.',
    [
        ['unpatched', hit(31)],
        ['unpatched', hit(35)],
        ['unpatched', hit(32)],
        ['patched', hit(29)],
    ],
);
done_job(
    3,
    'mm/memcontrol: drain the object stock from a worker',
    'fixed_new_splat',
    'The bug hit in 3 of 3 boots without the patch (98 deadline-task exits) and in none of 3 boots with it (190 deadline-task exits). But 2 of 3 boots with the patch showed something that no boot without it showed.',
    [
        ['unpatched', hit(31)],
        ['unpatched', hit(35)],
        ['unpatched', hit(32)],
        ['patched', clean(60)],
        [
            'patched',
            outcome_of(
                'other',
                65,
                'possible recursive locking in drain_obj_stock',
                'other_report',
            ),
        ],
        [
            'patched',
            outcome_of(
                'other',
                65,
                'possible recursive locking in drain_obj_stock',
                'other_report',
            ),
        ],
    ],
);
done_job(
    4,
    'timers: keep a sleep of one second',
    'not_reproduced',
    'The bug hit in none of 6 boots without the patch (0 deadline-task exits) and in none of 6 boots with it: it was not reproduced, so nothing is proved about the patch.',
    [
        ['unpatched', clean(120)],
        ['unpatched', clean(120)],
        ['patched', clean(120)],
        ['patched', clean(120)],
    ],
);

const broken = {
    ...empty_job(
        5,
        'kernel/fork: \u202etcurts_ksat_tup\u202c <script>alert(1)</script> \u001b[31mred',
    ),
    stage: 'done',
};
broken.problem = {
    what: 'kernel/fork.c:991: error: implicit declaration of function \u2018call_rcu_later\u2019',
    where: 'make -j2 bzImage, unpatched arm',
    hint: 'Mend the patch and submit it again.',
    stage: 'building',
};
broken.verdict = { ...verdict_of(5, 'error', 'The patched kernel does not build.') };
broken.unpatched_build = build_of('unpatched', 0, 0.3, true);
jobs.set(5, broken);

// Everything that a hostile guest controls, at once.
const k_hostile = '<img src=x onerror="document.title=\'owned\'">\u202e\u0007\u001b]0;owned\u0007';
const hostile = add_trial(
    5,
    'unpatched',
    1,
    outcome_of('other', 3, `panic by ${k_hostile}`, 'panic'),
    330,
);
consoles.set(
    hostile.id,
    Buffer.from(
        [
            '[    0.000000] Linux version 6.1.8-rt5',
            `[    1.000000] ${k_hostile}`,
            `\u001b[2J\u001b[31mred\u001b[0m`,
            `[    1.100000] ${'x'.repeat(30000)}`,
            '[    1.200000] \u0000\u0001\u007f \u05e9\u05dc\u05d5\u05dd mixed with \u0627\u0644',
            `[    1.300000] javascript:alert(1) </script><script>document.title='owned'</script>`,
            'no end of line',
        ].join('\r\n'),
    ),
);
const hostile_report = reports_of(read('unpatched.txt'))[0];
reports.set(reports.size + 1, {
    id: reports.size + 1,
    job: 5,
    trial: hostile.id,
    arm: 'unpatched',
    target: false,
    matches_expected: false,
    match: null,
    at: iso(335),
    report: {
        ...hostile_report,
        title: `BUG: ${k_hostile}`,
        first_line: 2,
        end_line: 4,
        text: `${k_hostile}\n${k_hostile}\n`,
        frames: [
            {
                ...hostile_report.frames[0],
                function: k_hostile,
                module: k_hostile,
                stack: '<b>IRQ</b>',
            },
        ],
        locks: [
            { ...hostile_report.locks[0], name: k_hostile, address: k_hostile, usage: k_hostile },
        ],
        context: { ...hostile_report.context, comm: k_hostile, words: k_hostile, taint: k_hostile },
        culprit: k_hostile,
        signature: k_hostile,
    },
});

const running = {
    ...empty_job(6, 'sched/deadline: cancel the inactive timer before the last reference goes'),
    stage: 'running',
    direction: 'forward',
    workload: k_workload,
};
running.unpatched_build = build_of('unpatched', 0, 0.2, true);
running.patched_build = build_of('patched', 34, 19.8, false);
running.created_at = new Date(Date.now() - 400000).toISOString();
add_trial(6, 'unpatched', 1, hit(31), 300);
add_trial(6, 'unpatched', 2, hit(40), 340);
add_trial(6, 'unpatched', 3, hit(29), 380);
add_trial(6, 'patched', 1, clean(60), 420);
export const running_trial = add_trial(6, 'patched', 2, null, 460);
jobs.set(6, running);

const building = {
    ...empty_job(7, 'kernel/fork: free the task from a workqueue'),
    stage: 'building',
    direction: 'forward',
};
building.created_at = new Date(Date.now() - 95000).toISOString();
jobs.set(7, building);

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
        checkout: null,
        build: job[`${arm}_build`],
        counts: counts(job.id, arm),
        trials: [...trials.values()].filter((t) => t.job === job.id && t.arm === arm),
    };
}

// The documents as the daemon serves them.
export function job_document(job) {
    const { unpatched_build, patched_build, ...rest } = job;
    const short = [...reports.values()]
        .filter((r) => r.job === job.id)
        .map((r) => ({
            id: r.id,
            trial: r.trial,
            arm: r.arm,
            title: r.report.title,
            kind: r.report.kind,
            signature: r.report.signature,
            target: r.target,
            matches_expected: r.matches_expected,
            at: r.at,
        }));
    return {
        ...rest,
        arms: { unpatched: arm_of(job, 'unpatched'), patched: arm_of(job, 'patched') },
        reports: short,
    };
}

export function job_summary(job) {
    return {
        id: job.id,
        stage: job.stage,
        verdict: job.verdict?.kind ?? null,
        title: job.title,
        tree: job.spec.tree,
        profile: job.spec.profile,
        cancel_requested: job.cancel_requested,
        created_at: job.created_at,
        updated_at: job.updated_at,
    };
}
