// SPDX-License-Identifier: Apache-2.0
// One splat as it was read off a console.

import type { ComponentChildren } from 'preact';

import { get_report, k_api } from '../api';
import { words } from '../format';
import { decode_usage, is_refused, wait_meaning, wait_pair } from '../locks';
import type { Context, Lock, Report, StoredReport, WaitType } from '../model';
import { FrameText, Trace } from '../parts/frames';
import { With } from '../parts/states';
import { Clock, Shown } from '../parts/text';
import { use_resource } from '../resource';
import { use_title } from '../title';

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
    return (
        <div>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </div>
    );
}

function yes_no(value: number): string {
    return value === 0 ? 'no' : 'yes';
}

function ContextFacts({ context }: { context: Context }) {
    const wait = wait_pair(context.wait_outer, context.wait_inner);
    return (
        <dl class="facts">
            {context.comm ? (
                <Fact name="task">
                    <code>
                        <Shown text={context.comm} />
                    </code>
                    {context.pid !== null ? `, pid ${context.pid}` : ''}
                </Fact>
            ) : null}
            {context.cpu !== null ? <Fact name="CPU">{context.cpu}</Fact> : null}
            {context.interrupt ? <Fact name="in">{context.interrupt}</Fact> : null}
            {wait ? (
                <Fact name="context">
                    <code>{wait}</code>{' '}
                    {context.wait_inner ? <span class="dim">{context.wait_inner.name}</span> : null}
                </Fact>
            ) : null}
            {context.in_atomic !== null ? (
                <Fact name="atomic">{yes_no(context.in_atomic)}</Fact>
            ) : null}
            {context.irqs_disabled !== null ? (
                <Fact name="irqs off">{yes_no(context.irqs_disabled)}</Fact>
            ) : null}
            {context.preempt_count !== null ? (
                <Fact name="preempt_count">
                    <code>
                        <Shown text={context.preempt_count} />
                    </code>
                </Fact>
            ) : null}
            {context.rcu_depth !== null ? <Fact name="RCU depth">{context.rcu_depth}</Fact> : null}
            {context.preemption_disabled_at ? (
                <Fact name="preemption off at">
                    <code>
                        <FrameText frame={context.preemption_disabled_at} />
                    </code>
                </Fact>
            ) : null}
            {context.release ? (
                <Fact name="kernel">
                    <code>
                        <Shown text={context.release} />
                    </code>
                </Fact>
            ) : null}
            {context.taint ? (
                <Fact name="taint">
                    <Shown text={context.taint} />
                </Fact>
            ) : null}
            {context.hardware ? (
                <Fact name="hardware">
                    <Shown text={context.hardware} />
                </Fact>
            ) : null}
        </dl>
    );
}

function Waits({ lock }: { lock: Lock }) {
    const wait = lock.wait_inner ?? lock.wait_outer;
    if (!wait) return <span class="dim">not printed</span>;
    return (
        <>
            <code>{wait_pair(lock.wait_outer, lock.wait_inner)}</code>{' '}
            <b>
                <Shown text={wait.name} />
            </b>
            <div class="dim">{wait_meaning(wait)}</div>
        </>
    );
}

function UsageCell({ usage }: { usage: string }) {
    if (usage === '') return <span class="dim">not printed</span>;
    const decoded = decode_usage(usage);
    return (
        <>
            <code>
                {'{'}
                <Shown text={usage} />
                {'}'}
            </code>
            {decoded.map((entry) => (
                <div key={entry.place} class="dim">
                    {entry.place}: {entry.meaning}
                </div>
            ))}
        </>
    );
}

function LockRow({ lock, context }: { lock: Lock; context: Context }) {
    return (
        <tr>
            <td>
                <code class="lock-name">
                    <Shown text={lock.name} />
                    {lock.version > 1 ? `#${lock.version}` : ''}
                    {lock.subclass > 0 ? `/${lock.subclass}` : ''}
                </code>
                {lock.acquired_at ? (
                    <div>
                        <code>
                            <FrameText frame={lock.acquired_at} />
                        </code>
                    </div>
                ) : null}
                {lock.address ? (
                    <div class="dim">
                        <code>
                            <Shown text={lock.address} />
                        </code>
                    </div>
                ) : null}
            </td>
            <td>
                <Waits lock={lock} />
                {is_refused(lock, context) ? (
                    <div class="refused">not allowed in this context</div>
                ) : null}
            </td>
            <td>
                <UsageCell usage={lock.usage} />
            </td>
        </tr>
    );
}

function Locks({
    title,
    locks,
    context,
    none,
}: {
    title: string;
    locks: Lock[];
    context: Context;
    none: string;
}) {
    return (
        <section>
            <h2>{title}</h2>
            {locks.length === 0 ? (
                <p class="dim">{none}</p>
            ) : (
                <div class="scroll" tabIndex={0} role="region" aria-label={title}>
                    <table class="locks small">
                        <thead>
                            <tr>
                                <th>lock, and where it is taken</th>
                                <th>wait type</th>
                                <th>usage</th>
                            </tr>
                        </thead>
                        <tbody>
                            {locks.map((lock, i) => (
                                <LockRow key={i} lock={lock} context={context} />
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </section>
    );
}

function console_link(stored: StoredReport): string {
    const { first_line, end_line } = stored.report;
    return `/trials/${stored.trial}/console#L${first_line}-L${Math.max(first_line, end_line - 1)}`;
}

// Line numbers only where the text is the console's lines one by one, nothing left out between.
function RawText({ stored }: { stored: StoredReport }) {
    const { report } = stored;
    const lines = report.text.replace(/\n$/, '').split('\n');
    const numbered = lines.length === report.end_line - report.first_line;
    return (
        <section class="raw-side">
            <h2>
                As printed{' '}
                <a class="small" href={console_link(stored)}>
                    console line {report.first_line}
                </a>
            </h2>
            <pre
                class={`raw ${numbered ? 'numbered' : ''}`}
                tabIndex={0}
                role="region"
                aria-label="Raw text"
            >
                {lines.map((line, i) => (
                    <span key={i} class="line" data-no={report.first_line + i}>
                        <Shown text={line} />
                        {'\n'}
                    </span>
                ))}
            </pre>
        </section>
    );
}

function refusal(report: Report): { lock: Lock; asked: WaitType; allowed: WaitType } | null {
    const lock = report.locks.find((candidate) => is_refused(candidate, report.context));
    const asked = lock?.wait_inner ?? lock?.wait_outer;
    const allowed = report.context.wait_inner;
    return lock && asked && allowed ? { lock, asked, allowed } : null;
}

function Meaning({ report }: { report: Report }) {
    const refused = refusal(report);
    return (
        <div class="meaning">
            {report.context.words ? (
                <p class="sentence">
                    <Shown text={report.context.words} />
                </p>
            ) : null}
            {refused ? (
                <p>
                    <code>
                        <Shown text={refused.lock.name} />
                    </code>{' '}
                    {wait_meaning(refused.asked)}; the context allows only what{' '}
                    {wait_meaning(refused.allowed)}.
                </p>
            ) : null}
        </div>
    );
}

function Tags({ stored }: { stored: StoredReport }) {
    const { report } = stored;
    return (
        <p class="tags small">
            {stored.target ? <span class="pill tone-hit">the target</span> : null}
            {stored.matches_expected ? <span class="pill">as in the mail</span> : null}
            {report.kind ? (
                <span class="pill">
                    <Shown text={words(report.kind)} />
                </span>
            ) : null}
            {report.lockdep ? <span class="pill">lockdep</span> : null}
            {report.disables_lockdep ? (
                <span class="pill" title="lockdep sees nothing more in this boot">
                    lockdep off afterwards
                </span>
            ) : null}
            {report.corrupted ? <span class="pill tone-other">cut off or interleaved</span> : null}
        </p>
    );
}

function Page({ stored }: { stored: StoredReport }) {
    const { report } = stored;
    return (
        <>
            <header class="page-head">
                <div>
                    <p class="crumbs small">
                        <a href="/">Jobs</a> / <a href={`/jobs/${stored.job}`}>#{stored.job}</a> /{' '}
                        {stored.arm} / <a href={`/trials/${stored.trial}/console`}>console</a>
                    </p>
                    <h1 tabIndex={-1}>
                        <Shown text={report.title} />
                    </h1>
                    <Tags stored={stored} />
                </div>
                <span class="links">
                    <a href={`${k_api}/reports/${stored.id}`}>JSON</a>
                    <a href={`${k_api}/reports/${stored.id}/text`}>text</a>
                </span>
            </header>
            <Meaning report={report} />
            <div class="split">
                <div>
                    <section>
                        <h2>Context</h2>
                        <ContextFacts context={report.context} />
                    </section>
                    <Locks
                        title="Locks"
                        locks={report.locks}
                        context={report.context}
                        none="The report names no lock."
                    />
                    <Locks
                        title="Held"
                        locks={report.held}
                        context={report.context}
                        none="No lock held."
                    />
                    <section>
                        <h2>Trace</h2>
                        <Trace frames={report.frames} culprit={report.culprit} />
                    </section>
                    <section>
                        <h2>Elsewhere</h2>
                        <dl class="facts small">
                            {report.syzbot.title ? (
                                <Fact name="syzbot title">
                                    <Shown text={report.syzbot.title} />
                                </Fact>
                            ) : null}
                            <Fact name="signature">
                                <code>
                                    <Shown text={report.signature} />
                                </code>
                            </Fact>
                            <Fact name="seen">
                                <Clock at={stored.at} />
                                {report.uptime_s !== null
                                    ? `, ${report.uptime_s.toFixed(3)} s after boot`
                                    : ''}
                            </Fact>
                        </dl>
                    </section>
                </div>
                <RawText stored={stored} />
            </div>
        </>
    );
}

export function ReportPage({ id }: { id: number }) {
    const report = use_resource(`report ${id}`, (signal) => get_report(id, signal));
    use_title(report.data?.report.title ?? `report ${id}`);
    return (
        <With resource={report} what={`report ${id}`}>
            {(stored) => <Page stored={stored} />}
        </With>
    );
}
