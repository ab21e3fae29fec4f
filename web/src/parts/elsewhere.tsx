// SPDX-License-Identifier: Apache-2.0
// The same bug in other trials and jobs, and where people may have written about it.

import { get_sightings } from '../api';
import { plural } from '../format';
import type { Report, Sighting, StoredReport } from '../model';
import { use_resource } from '../resource';
import { Clock, Shown } from './text';

const k_listed = 12;

// Searches of other hosts: links that one may follow, nothing is asked by the page itself.
export function search_links(report: Report): { name: string; href: string }[] {
    const title = report.syzbot.title || report.title;
    const quoted = encodeURIComponent(`"${title}"`);
    return [
        {
            name: 'syzbot’s mails',
            href: `https://groups.google.com/g/syzkaller-bugs/search?q=${quoted}`,
        },
        { name: 'lore.kernel.org', href: `https://lore.kernel.org/all/?q=${quoted}` },
    ];
}

interface SeenIn {
    job: number;
    title: string;
    at: string; // the last of them
    reports: Sighting[];
}

// By job, in the order in which the jobs come.
export function seen_in(list: Sighting[]): SeenIn[] {
    const jobs = new Map<number, SeenIn>();
    for (const sighting of list) {
        const { job, job_title: title, at } = sighting;
        const seen = jobs.get(job) ?? { job, title, at, reports: [] };
        if (at > seen.at) seen.at = at;
        seen.reports.push(sighting);
        jobs.set(job, seen);
    }
    return [...jobs.values()];
}

function Sightings({ list, here }: { list: Sighting[]; here: number }) {
    const jobs = seen_in(list);
    const shown = jobs.slice(0, k_listed);
    return (
        <ul class="sightings">
            {shown.map(({ job, title, at, reports }) => (
                <li key={job}>
                    {job === here ? (
                        'this job'
                    ) : (
                        <>
                            <a href={`/jobs/${job}`}>job {job}</a> <Shown text={title} />
                        </>
                    )}
                    <span class="dim">
                        , <Clock at={at} />:{' '}
                    </span>
                    {reports.map((sighting, i) => (
                        <>
                            {i > 0 ? ', ' : null}
                            <a key={sighting.id} href={`/reports/${sighting.id}`}>
                                {sighting.arm} report {sighting.id}
                            </a>
                        </>
                    ))}
                </li>
            ))}
            {jobs.length > shown.length ? (
                <li class="dim">and {plural(jobs.length - shown.length, 'more job')}</li>
            ) : null}
        </ul>
    );
}

export function SameBug({ stored }: { stored: StoredReport }) {
    const { signature } = stored.report;
    const found = use_resource(`signature ${signature}`, (signal) =>
        get_sightings(signature, signal),
    );
    if (!found.data) return <span class="dim">{found.error ? 'not known' : 'looking …'}</span>;
    const others = found.data.filter((sighting) => sighting.id !== stored.id);
    if (others.length === 0) return <span class="dim">nowhere else on this machine</span>;
    return <Sightings list={others} here={stored.job} />;
}

export function SearchLinks({ report }: { report: Report }) {
    return (
        <>
            {search_links(report).map((link, i) => (
                <>
                    {i > 0 ? ' · ' : null}
                    <a href={link.href} rel="noreferrer noopener" target="_blank">
                        {link.name}
                    </a>
                </>
            ))}
        </>
    );
}
