// SPDX-License-Identifier: Apache-2.0
// How verdicts, stages and outcomes look: a word, a sign and a colour each.

import { grouped, words } from '../format';
import type { JobStage, OutcomeKind, Trial, VerdictKind } from '../model';

interface Look {
    sign: string;
    word: string;
    tone: string;
}

export const k_verdicts: Record<VerdictKind, Look> = {
    fixed: { sign: '✓', word: 'fixed', tone: 'good' },
    not_fixed: { sign: '✗', word: 'not fixed', tone: 'bad' },
    regression: { sign: '↓', word: 'regression', tone: 'bad' },
    fixed_new_splat: { sign: '!', word: 'fixed, new splat', tone: 'warn' },
    not_reproduced: { sign: '∅', word: 'not reproduced', tone: 'cool' },
    reproduced: { sign: '●', word: 'reproduced', tone: 'bad' },
    inconclusive: { sign: '?', word: 'inconclusive', tone: 'dull' },
    error: { sign: '×', word: 'error', tone: 'bad' },
};

export const k_stages: Record<JobStage, string> = {
    queued: 'queued',
    checking_out: 'checking out',
    building: 'building',
    running: 'running trials',
    done: 'done',
};

export function Badge({ look, large = '' }: { look: Look; large?: string }) {
    return (
        <span class={`badge tone-${look.tone} ${large}`}>
            <span class="sign" aria-hidden="true">
                {look.sign}
            </span>
            {look.word}
        </span>
    );
}

interface Standing {
    stage: JobStage;
    verdict: VerdictKind | null;
    cancelled: boolean;
}

function look_of({ stage, verdict, cancelled }: Standing): Look {
    if (stage === 'done' && cancelled && (!verdict || verdict === 'error'))
        return { sign: '–', word: 'cancelled', tone: 'dull' };
    if (verdict) return k_verdicts[verdict] ?? k_verdicts.error;
    if (stage === 'done') return k_verdicts.error;
    if (cancelled) return { sign: '…', word: 'being cancelled', tone: 'busy' };
    return { sign: '…', word: k_stages[stage] ?? stage, tone: 'busy' };
}

// The verdict, or how far the job is.
export function JobBadge(standing: Standing & { large?: string }) {
    return <Badge look={look_of(standing)} large={standing.large ?? ''} />;
}

export const k_outcomes: Record<OutcomeKind, Look> = {
    hit: { sign: 'H', word: 'hit', tone: 'hit' },
    clean: { sign: 'c', word: 'clean', tone: 'clean' },
    other: { sign: '!', word: 'other', tone: 'other' },
    void: { sign: '–', word: 'void', tone: 'void' },
};

export function outcome_look(trial: Trial): Look {
    return trial.outcome
        ? k_outcomes[trial.outcome.kind]
        : { sign: '▸', word: 'running', tone: 'running' };
}

export function outcome_words(trial: Trial): string {
    const { outcome } = trial;
    if (!outcome) return 'running';
    const cause = outcome.cause ? `, ${words(outcome.cause)}` : '';
    return `${k_outcomes[outcome.kind].word}${cause}`;
}

export function Hits({ hits, trials }: { hits: number; trials: number }) {
    return (
        <span class="num">
            {grouped(hits)}
            <span class="of">/{grouped(trials)}</span>
        </span>
    );
}
