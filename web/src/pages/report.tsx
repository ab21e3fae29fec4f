// SPDX-License-Identifier: Apache-2.0
// One splat as it was read off a console.

import type { ComponentChildren } from 'preact';

import { get_report } from '../api';
import { words } from '../format';
import { is_refused, lock_name, wait_meaning, wait_pair } from '../locks';
import type { Context, Lock, Report, StoredReport, WaitType } from '../model';
import { SameBug, SearchLinks } from '../parts/elsewhere';
import { FrameText, Trace } from '../parts/frames';
import { Locks } from '../parts/lock_table';
import { Locking } from '../parts/locking';
import { RawReport } from '../parts/raw_report';
import { With } from '../parts/states';
import { Clock, Shown, Title } from '../parts/text';
import { Twins } from '../parts/twins';
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
                        <Shown text={lock_name(refused.lock)} />
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

// Whose code the function to look at first is.
function Whom({ report }: { report: Report }) {
    if (!report.culprit) return null;
    return (
        <dl class="facts small">
            <Fact name="look first at">
                <code>
                    <Shown
                        text={
                            report.culprit_file
                                ? `${report.culprit} in ${report.culprit_file}`
                                : report.culprit
                        }
                    />
                </code>
            </Fact>
            {report.subsystem ? (
                <Fact name="subsystem">
                    <Shown text={report.subsystem} />
                </Fact>
            ) : null}
            {report.maintainers.length > 0 ? (
                <Fact name="maintainers">
                    <details>
                        <summary>
                            <Shown text={report.maintainers[0]?.address ?? ''} />
                            {report.maintainers.length > 1
                                ? ` and ${report.maintainers.length - 1} more`
                                : ''}
                        </summary>
                        <ul>
                            {report.maintainers.map((contact) => (
                                <li key={contact.address}>
                                    <Shown text={contact.address} />{' '}
                                    <span class="dim">{contact.role}</span>
                                </li>
                            ))}
                        </ul>
                    </details>
                </Fact>
            ) : null}
        </dl>
    );
}

function Head({ stored }: { stored: StoredReport }) {
    return (
        <header class="page-head">
            <div>
                <p class="crumbs small">
                    <a href="/">Jobs</a> / <a href={`/jobs/${stored.job}`}>#{stored.job}</a> /{' '}
                    {stored.arm} / <a href={`/trials/${stored.trial}/console`}>console</a>
                </p>
                <h1 id="title" tabIndex={-1}>
                    <Title text={stored.report.title} />
                </h1>
                <Tags stored={stored} />
            </div>
            <Twins page={`/reports/${stored.id}`} />
        </header>
    );
}

function Elsewhere({ stored }: { stored: StoredReport }) {
    const { report } = stored;
    return (
        <section>
            <h2>Elsewhere</h2>
            <dl class="facts small">
                <Fact name="the same bug">
                    <SameBug stored={stored} />
                </Fact>
                {report.syzbot.title ? (
                    <Fact name="syzbot title">
                        <Shown text={report.syzbot.title} />
                    </Fact>
                ) : null}
                <Fact name="search">
                    <SearchLinks report={report} />
                </Fact>
                <Fact name="signature">
                    <code>
                        <Shown text={report.signature} />
                    </code>
                </Fact>
                <Fact name="seen">
                    <Clock at={stored.at} />
                    {report.uptime_s !== null ? `, ${report.uptime_s.toFixed(3)} s after boot` : ''}
                </Fact>
            </dl>
        </section>
    );
}

function Page({ stored }: { stored: StoredReport }) {
    const { report } = stored;
    return (
        <>
            <Head stored={stored} />
            <Meaning report={report} />
            <div class="split">
                <div>
                    <section id="context">
                        <h2>Context</h2>
                        <ContextFacts context={report.context} />
                    </section>
                    <Locks
                        id="lock"
                        title="Locks"
                        locks={report.locks}
                        context={report.context}
                        none="The report names no lock."
                    />
                    <Locks
                        id="held"
                        title="Held"
                        locks={report.held}
                        context={report.context}
                        none="No lock held."
                    />
                    <Locking locking={report.locking} />
                    <section id="trace">
                        <h2>Trace</h2>
                        <Whom report={report} />
                        <Trace frames={report.frames} culprit={report.culprit} named="frame" />
                    </section>
                    <Elsewhere stored={stored} />
                </div>
                <RawReport stored={stored} />
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
