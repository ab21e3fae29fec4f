// SPDX-License-Identifier: Apache-2.0
// Where a job stands before it has a verdict, in one sentence.

import { alpha_of_attempt, exposure_factor, hits_needed } from './evidence';
import { exposure } from './format';
import type { Job } from './model';

function running_words(job: Job): string {
    const { unpatched, patched } = job.arms;
    const { confidence, workload } = job.spec;
    const unit = job.workload?.unit ?? 'guest_seconds';
    const k = hits_needed(confidence);
    const hits = unpatched.counts.hits;
    if (patched.counts.hits > 0) return 'The bug hit with the patch as well.';
    if (hits < k) {
        const so_far = hits === 0 ? 'has not hit yet' : `has hit ${hits} of ${k} times`;
        return `The kernel without the patch ${so_far}; ${k} hits are asked for before the patched one is judged.`;
    }
    if (!patched.build)
        return `The kernel without the patch has hit ${hits} times. The one with it is still being built.`;
    const need =
        exposure_factor(alpha_of_attempt(confidence, workload), k) * unpatched.counts.exposure;
    if (patched.counts.exposure >= need)
        return 'The kernel with the patch has stayed clean for as long as was asked; the verdict is near.';
    return (
        `The kernel without the patch has hit ${hits} times. The one with it must stay clean for ` +
        `${exposure(need, unit)}, and has for ${exposure(patched.counts.exposure, unit)}.`
    );
}

export function standing_words(job: Job): string {
    switch (job.stage) {
        case 'queued':
            return 'Waiting for its turn.';
        case 'checking_out':
            return 'The tree is being unpacked and the patch applied.';
        case 'building':
            return 'The kernel without the patch is being built; the one with it follows beside the trials.';
        case 'running':
            return running_words(job);
        case 'done':
            return '';
    }
}
