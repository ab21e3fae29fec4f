// SPDX-License-Identifier: Apache-2.0
// Reads the two splats of the sample console into the JSON shape of a report. Only for the mock:
// the daemon's parser is another matter.

const k_stamp = /^\[\s*(\d+\.\d+)\]\s?/;

function frame_of(line, stack) {
    const found = /^\s+(\?\s)?([\w.]+)\+0x([0-9a-f]+)\/0x([0-9a-f]+)$/.exec(line);
    if (!found) return null;
    return {
        function: found[2],
        offset: parseInt(found[3], 16),
        size: parseInt(found[4], 16),
        certain: !found[1],
        module: '',
        stack,
        file: null,
        line: null,
    };
}

export function frames_of(text) {
    const frames = [];
    let stack = '';
    for (const line of text.split(/\r?\n/)) {
        const marker = /^\s*<(\/?)([A-Z]+)>$/.exec(line);
        if (marker) stack = marker[1] ? '' : marker[2];
        const frame = frame_of(line.startsWith(' ') ? line : ` ${line}`, stack);
        if (frame) frames.push(frame);
    }
    return frames;
}

const k_spin = { value: 2, name: 'spin' };
const k_config = { value: 3, name: 'config' };

function at(name, offset, size) {
    return {
        function: name,
        offset,
        size,
        certain: true,
        module: '',
        stack: '',
        file: null,
        line: null,
    };
}

function base(context_words) {
    return {
        cpu: 3,
        pid: 0,
        comm: 'swapper/3',
        release: '6.1.8-rt5',
        taint: 'Not tainted',
        hardware: '',
        interrupt: 'hardirq',
        wait_outer: null,
        wait_inner: null,
        in_atomic: null,
        irqs_disabled: null,
        preempt_count: null,
        rcu_depth: null,
        preemption_disabled_at: null,
        words: context_words,
    };
}

const k_details = [
    {
        title: 'BUG: Invalid wait context in refill_obj_stock',
        kind: 'invalid_wait_context',
        lockdep: true,
        disables_lockdep: true,
        signature: 'iwc:refill_obj_stock:kmem_cache_free:__put_task_struct:inactive_task_timer',
        culprit: 'inactive_task_timer',
        locks: [
            {
                address: 'ffff88803e1a82b8',
                name: 'stock_lock',
                printed: '(stock_lock)',
                version: 1,
                subclass: 0,
                usage: '+.+.',
                wait_outer: k_config,
                wait_inner: k_config,
                acquired_at: at('refill_obj_stock', 0x38, 0x4d0),
            },
        ],
        context: {
            ...base(
                'swapper/3 on CPU 3, in a hard interrupt, where only spinning locks may be taken.',
            ),
            wait_outer: k_spin,
            wait_inner: k_spin,
        },
        syzbot: {
            title: 'WARNING: locking bug in refill_obj_stock',
            type: 'LOCKDEP',
            corrupted: false,
        },
    },
    {
        title: 'BUG: sleeping function called from invalid context in refill_obj_stock',
        kind: 'sleeping_in_atomic',
        lockdep: false,
        disables_lockdep: false,
        signature: 'sia:refill_obj_stock:kmem_cache_free:__put_task_struct:inactive_task_timer',
        culprit: 'inactive_task_timer',
        locks: [],
        context: {
            ...base(
                'swapper/3 on CPU 3, in a hard interrupt with interrupts off, where nothing may sleep.',
            ),
            in_atomic: 1,
            irqs_disabled: 1,
            preempt_count: '10001',
            rcu_depth: 0,
            preemption_disabled_at: at('migrate_enable', 0x35, 0x140),
        },
        syzbot: {
            title: 'BUG: sleeping function called from invalid context in refill_obj_stock',
            type: 'ATOMIC_SLEEP',
            corrupted: false,
        },
    },
];

// The reports of a console, found by their headlines.
export function reports_of(console_text) {
    const lines = console_text.split(/\r?\n/);
    const starts = [
        lines.findIndex((line) => line.includes('Invalid wait context')) - 1,
        lines.findIndex((line) => line.includes('BUG: sleeping function')),
    ];
    return starts
        .filter((start) => start >= 0)
        .map((start, i) => {
            const end = lines.findIndex((line, n) => n > start && line.endsWith('</TASK>')) + 1;
            const own = lines.slice(start, end);
            const text = own.map((line) => line.replace(k_stamp, '')).join('\n');
            return {
                corrupted: false,
                held: [],
                ...k_details[i],
                frames: frames_of(text),
                first_byte: 0,
                end_byte: 0,
                first_line: start + 1,
                end_line: end + 1,
                uptime_s: Number(k_stamp.exec(own[0])?.[1] ?? 0),
                text,
            };
        });
}
