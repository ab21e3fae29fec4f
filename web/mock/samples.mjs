// SPDX-License-Identifier: Apache-2.0
// The sample jobs: one of each verdict, one that does not build with everything hostile in it, one
// that runs and one that builds.

import { reports_of } from './splat.mjs';
import {
    add_trial,
    build_of,
    consoles,
    done_job,
    empty_job,
    iso,
    jobs,
    k_title,
    k_workload,
    outcome_of,
    read,
    reports,
    verdict_of,
} from './store.mjs';

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
