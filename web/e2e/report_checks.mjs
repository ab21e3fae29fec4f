// SPDX-License-Identifier: Apache-2.0
// The page of a report, and what can be had of a job. `run.store` says what the store holds.

import { demand } from './checks.mjs';

async function each_edge_of_a_cycle_opens_its_trace(run) {
    const { chain } = run.store.cyclic.report.locking;
    await run.page.goto(`${run.url}/reports/${run.store.cyclic.id}`);
    await run.page.locator('svg.cycle').waitFor();
    const edges = run.page.locator('a.cycle-edge');
    demand((await edges.count()) === chain.length, `${await edges.count()} edges are drawn`);
    for (const { number, frames } of chain) {
        const trace = run.page.locator(`#link-${number} .trace li`);
        demand(
            (await trace.first().isVisible()) === false,
            `trace ${number} is open to begin with`,
        );
        // By the keyboard: a link in a drawing is reached as any other.
        await run.page.locator(`a.cycle-edge[href="#link-${number}"]`).focus();
        await run.page.keyboard.press('Enter');
        await trace.first().waitFor();
        const shown = await trace.locator('.fn').allInnerTexts();
        const want = frames.map((frame) => frame.function);
        demand(shown.join() === want.join(), `edge ${number} shows ${shown}, not ${want}`);
    }
    demand((await run.page.locator('table.scenario tbody tr').count()) > 1, 'no scenario is shown');
}

async function a_line_of_the_raw_text_leads_to_its_field(run) {
    await run.page.goto(`${run.url}/reports/${run.store.cyclic.id}`);
    const linked = run.page.locator('.raw-side a.line');
    await linked.first().waitFor();
    const hrefs = await linked.evaluateAll((nodes) =>
        nodes.map((node) => node.getAttribute('href')),
    );
    const missing = await run.page.evaluate(
        (ids) => ids.filter((id) => !document.getElementById(id.slice(1))),
        hrefs,
    );
    demand(missing.length === 0, `lines lead nowhere: ${missing.join(', ')}`);
    for (const field of ['title', 'lock-0', 'lock-1', 'held-0', 'link-1', 'frame-0', 'scenario'])
        demand(hrefs.includes(`#${field}`), `no line leads to ${field}`);
    const frame = linked.filter({ hasText: 'ret_from_fork' }).last();
    await frame.click();
    const target = await run.page.locator('#trace li:target').innerText();
    demand(target.includes('ret_from_fork'), `the line leads to "${target}"`);
}

async function the_same_bug_elsewhere_is_listed(run) {
    const { reports } = await run.get('/jobs/1');
    const twice = reports.find(
        (one) => reports.filter((other) => other.signature === one.signature).length > 1,
    );
    await run.page.goto(`${run.url}/reports/${twice.id}`);
    const listed = run.page.locator('.sightings a');
    await listed.first().waitFor();
    const same = reports.filter((other) => other.signature === twice.signature);
    demand(
        (await listed.count()) >= same.length - 1,
        `${await listed.count()} are listed, ${same.length - 1} are there`,
    );
    const search = run.page.locator('a[href^="https://lore.kernel.org/"]');
    demand((await search.getAttribute('rel')).includes('noreferrer'), 'the search is told of us');
}

async function all_exports_can_be_had(run) {
    await run.page.goto(`${run.url}/jobs/1`);
    const links = run.page.locator('section[aria-labelledby="exports"] a');
    await links.first().waitFor();
    const hrefs = await links.evaluateAll((nodes) =>
        nodes.map((node) => node.getAttribute('href')),
    );
    demand(hrefs.at(-1) === '/api/v1/jobs/1/bundle', `the last link is ${hrefs.at(-1)}`);
    const formats = hrefs.slice(0, -1);
    demand(formats.length === 6, `${formats.length} formats are offered`);
    for (const href of formats) {
        const answer = await fetch(run.url + href);
        demand(answer.ok && (await answer.text()) !== '', `${href} answers ${answer.status}`);
    }
}

export const k_report_checks = [
    each_edge_of_a_cycle_opens_its_trace,
    a_line_of_the_raw_text_leads_to_its_field,
    the_same_bug_elsewhere_is_listed,
    all_exports_can_be_had,
];
