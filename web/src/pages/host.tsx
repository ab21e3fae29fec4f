// SPDX-License-Identifier: Apache-2.0
// The machine: what it has and lacks, what runs, what waits, what the disk holds.

import { get_choices, get_host } from '../api';
import { bytes, plural } from '../format';
import type {
    DiskUse,
    Host,
    HostFinding,
    JobSummary,
    ProfileInfo,
    TreeInfo,
    TreeUse,
    Trial,
} from '../model';
import { With } from '../parts/states';
import { Ago, Shown } from '../parts/text';
import { Twins } from '../parts/twins';
import { Badge, k_stages } from '../parts/verdict';
import { use_resource } from '../resource';
import { use_title } from '../title';

const k_poll_ms = 4000;
// A job fetches its tree, or somebody makes one known.
const k_choices_poll_ms = 15000;

const k_health: Record<HostFinding['health'], { sign: string; word: string; tone: string }> = {
    ok: { sign: '✓', word: 'ok', tone: 'good' },
    warning: { sign: '!', word: 'warning', tone: 'warn' },
    broken: { sign: '×', word: 'broken', tone: 'bad' },
};

const k_worst_first: HostFinding['health'][] = ['broken', 'warning', 'ok'];

function worst_first(findings: HostFinding[]): HostFinding[] {
    return k_worst_first.flatMap((health) =>
        findings.filter((finding) => finding.health === health),
    );
}

function Findings({ findings }: { findings: HostFinding[] }) {
    return (
        <section>
            <h2>Findings</h2>
            <ul class="findings">
                {worst_first(findings).map((finding) => (
                    <li key={finding.name}>
                        <Badge look={k_health[finding.health]} />
                        <div>
                            <b>
                                <Shown text={finding.name} />
                            </b>{' '}
                            <Shown text={finding.found} />
                            {finding.mend ? (
                                <p class="small">
                                    What to do: <Shown text={finding.mend} />
                                </p>
                            ) : null}
                        </div>
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Machine({ host }: { host: Host }) {
    return (
        <dl class="figures">
            <div>
                <dt>accelerator</dt>
                <dd class="num">{host.accelerator || 'not known yet'}</dd>
                <dd class="small dim">
                    <Shown text={host.accelerator_why} />
                </dd>
            </div>
            <div>
                <dt>CPUs</dt>
                <dd class="num">{host.cpus}</dd>
                <dd class="small dim">{bytes(host.memory_bytes)} of memory</dd>
            </div>
            <div>
                <dt>VMs</dt>
                <dd class="num">{host.running.length}</dd>
                <dd class="small dim">running now</dd>
            </div>
            <div>
                <dt>jobs</dt>
                <dd class="num">{host.unfinished_jobs}</dd>
                <dd class="small dim">not done</dd>
            </div>
            <div>
                <dt>disk</dt>
                <dd class="num">{bytes(host.free_bytes)}</dd>
                <dd class="small dim">free for kernels and trees</dd>
            </div>
        </dl>
    );
}

function Running({ trials, queue }: { trials: Trial[]; queue: JobSummary[] }) {
    const building = queue.filter((job) => job.stage === 'building');
    return (
        <section>
            <h2>Running</h2>
            {trials.length + building.length === 0 ? (
                <p class="dim">No VM and no build.</p>
            ) : (
                <ul class="plain">
                    {building.map((job) => (
                        <li key={job.id}>
                            a build for <a href={`/jobs/${job.id}`}>job {job.id}</a>
                        </li>
                    ))}
                    {trials.map((trial) => (
                        <li key={trial.id}>
                            <a href={`/trials/${trial.id}/console`}>
                                trial {trial.number}, {trial.arm}
                            </a>{' '}
                            of <a href={`/jobs/${trial.job}`}>job {trial.job}</a>{' '}
                            <span class="dim">
                                {plural(trial.vcpus, 'vCPU')}, {trial.memory_mib} MiB,{' '}
                                {trial.accelerator}, started <Ago at={trial.started_at} />
                            </span>
                        </li>
                    ))}
                </ul>
            )}
        </section>
    );
}

function Queue({ jobs, all }: { jobs: JobSummary[]; all: number }) {
    return (
        <section>
            <h2>Queue</h2>
            {jobs.length === 0 ? (
                <p class="dim">Nothing waits.</p>
            ) : (
                <ol class="queue">
                    {jobs.map((job) => (
                        <li key={job.id}>
                            <a href={`/jobs/${job.id}`}>
                                #{job.id} <Shown text={job.title} />
                            </a>{' '}
                            <span class="small dim">
                                {k_stages[job.stage]}, <Shown text={job.spec.tree} />, submitted{' '}
                                <Ago at={job.created_at} />
                            </span>
                        </li>
                    ))}
                </ol>
            )}
            {all > jobs.length ? (
                <p class="note">{plural(all - jobs.length, 'more job')} after these.</p>
            ) : null}
        </section>
    );
}

function Disk({ disk }: { disk: DiskUse[] }) {
    const most = Math.max(1, ...disk.map((use) => use.bytes));
    return (
        <section>
            <h2>What krepro keeps</h2>
            <table class="disk small">
                <thead>
                    <tr>
                        <th>what</th>
                        <th class="end">entries</th>
                        <th class="end">size</th>
                        <th>
                            <span class="sr">share of the largest</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {disk.map((use) => (
                        <tr key={use.name}>
                            <td>{use.name}</td>
                            <td class="num end">{use.entries}</td>
                            <td class="num end">{bytes(use.bytes)}</td>
                            <td aria-hidden="true">
                                <div class="bar">
                                    <div
                                        class="fill"
                                        style={{
                                            width: `${((use.bytes / most) * 100).toFixed(1)}%`,
                                        }}
                                    />
                                </div>
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}

function Tree({ tree, used }: { tree: TreeInfo; used: number | null }) {
    return (
        <tr class={tree.fetched ? '' : 'absent'}>
            <th scope="row">
                <code>
                    <Shown text={tree.name} />
                </code>
                {tree.description ? (
                    <p class="dim">
                        <Shown text={tree.description} />
                    </p>
                ) : null}
            </th>
            <td>
                <Shown text={tree.origin} />{' '}
                <span class="dim">
                    {tree.kind}
                    {tree.shipped ? '' : ', your own'}
                </span>
            </td>
            <td class="here">
                {tree.fetched ? (
                    <>
                        <span class="there">✓ here</span>
                        {used === null ? null : <span class="num dim"> {bytes(used)}</span>}
                    </>
                ) : (
                    <span class="dim">– not fetched</span>
                )}
            </td>
        </tr>
    );
}

// What is here first; the rest as the daemon lists it.
function Trees({ trees, used }: { trees: TreeInfo[]; used: TreeUse[] }) {
    const sizes = new Map(used.map((tree) => [tree.name, tree.bytes]));
    const here = trees.filter((tree) => tree.fetched);
    const rest = trees.filter((tree) => !tree.fetched);
    return (
        <section>
            <h2>Trees</h2>
            <p class="note">
                {here.length === 0 ? 'None' : here.length} of {trees.length} on this machine; the
                first job on another fetches it.
            </p>
            <table class="trees-table small">
                <thead>
                    <tr>
                        <th>tree</th>
                        <th>from</th>
                        <th>on this machine</th>
                    </tr>
                </thead>
                <tbody>
                    {[...here, ...rest].map((tree) => (
                        <Tree key={tree.name} tree={tree} used={sizes.get(tree.name) ?? null} />
                    ))}
                </tbody>
            </table>
        </section>
    );
}

function Profiles({ profiles }: { profiles: ProfileInfo[] }) {
    return (
        <section>
            <h2>Profiles</h2>
            <dl class="facts wide">
                {profiles.map((profile) => (
                    <div key={profile.name}>
                        <dt>
                            <code>{profile.name}</code>
                        </dt>
                        <dd>
                            {profile.description}
                            <details class="small">
                                <summary>
                                    {plural(profile.guarantees.length, 'option')} for sure
                                </summary>
                                <p>
                                    {profile.guarantees.map((option) => (
                                        <code key={option} class="pill">
                                            {option}
                                        </code>
                                    ))}
                                </p>
                            </details>
                        </dd>
                    </div>
                ))}
            </dl>
        </section>
    );
}

function Choices({ host }: { host: Host | null }) {
    const choices = use_resource('choices', get_choices, k_choices_poll_ms);
    return (
        <With resource={choices} what="trees and profiles">
            {({ trees, profiles }) => (
                <>
                    <Trees trees={trees} used={host?.trees ?? []} />
                    <Profiles profiles={profiles} />
                </>
            )}
        </With>
    );
}

export function HostPage() {
    use_title('host');
    const host = use_resource('host', get_host, k_poll_ms);
    return (
        <>
            <header class="page-head">
                <h1 tabIndex={-1}>Host</h1>
                <Twins page="/host" />
            </header>
            <With resource={host} what="what the machine has: the first look takes seconds">
                {(data) => (
                    <>
                        <Machine host={data} />
                        <div class="host-split">
                            <div>
                                <Running trials={data.running} queue={data.queue} />
                                <Queue jobs={data.queue} all={data.unfinished_jobs} />
                            </div>
                            <div>
                                <Findings findings={data.findings} />
                                <p class="note">
                                    looked at <Ago at={data.looked_at} />; looked at again after
                                    five minutes
                                </p>
                            </div>
                        </div>
                        <Disk disk={data.disk} />
                    </>
                )}
            </With>
            <Choices host={host.data} />
        </>
    );
}
