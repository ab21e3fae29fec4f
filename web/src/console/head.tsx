// SPDX-License-Identifier: Apache-2.0
// What a console belongs to.

import { console_path } from '../api';
import { duration, exposure, plural } from '../format';
import type { Trial } from '../model';
import { Raw, Shown } from '../parts/text';
import { Badge, outcome_look, outcome_words } from '../parts/verdict';
import type { ConsoleState } from './use_console';

export function ConsoleHead({ trial, state }: { trial: Trial; state: ConsoleState }) {
    const { outcome } = trial;
    return (
        <header class="page-head">
            <div>
                <p class="crumbs small">
                    <a href="/">Jobs</a> / <a href={`/jobs/${trial.job}`}>#{trial.job}</a> /{' '}
                    {trial.arm}
                </p>
                <h1 tabIndex={-1}>
                    <span class="nowrap">Console of trial {trial.number}</span>{' '}
                    <Badge look={{ ...outcome_look(trial), word: outcome_words(trial) }} />
                </h1>
                <p class="dim small">
                    {trial.form}, {plural(trial.vcpus, 'vCPU')}, {trial.memory_mib} MiB,{' '}
                    {trial.accelerator}
                    {outcome ? (
                        <>
                            {' '}
                            · {exposure(outcome.exposure, outcome.unit)} ·{' '}
                            {duration(outcome.wall_s)}
                            {outcome.ready_s !== null
                                ? `, ready after ${duration(outcome.ready_s)}`
                                : ''}
                        </>
                    ) : null}
                    {outcome?.detail ? (
                        <>
                            {' '}
                            · <Shown text={outcome.detail} />
                        </>
                    ) : null}
                </p>
                {outcome && outcome.proof.length > 0 ? (
                    <details class="small">
                        <summary>Proof: {plural(outcome.proof.length, 'line')}</summary>
                        <Raw text={outcome.proof.join('\n')} label="Proof of the outcome" />
                    </details>
                ) : null}
            </div>
            <span class="links">
                {trial.ended_at === null ? (
                    <span
                        class={`live ${state.error ? 'live-reconnecting' : 'live-live'}`}
                        role="status"
                    >
                        {state.error ? 'reconnecting' : 'live'}
                    </span>
                ) : null}
                <a href={`/trials/${trial.id}/console.json`}>JSON</a>
                {trial.console || trial.ended_at === null ? (
                    <>
                        <a href={`/trials/${trial.id}/console.txt`}>text</a>
                        <a href={console_path(trial.id)} download={`trial-${trial.id}.log`}>
                            Download
                        </a>
                    </>
                ) : null}
            </span>
        </header>
    );
}
