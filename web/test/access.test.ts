// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';

import { get_job, try_token } from '../src/api';
import { saved_name } from '../src/documents';
import type { Job } from '../src/model';
import { seen_in } from '../src/parts/elsewhere';
import { repeat_commands } from '../src/repeat';
import { SseParser, follow_stream } from '../src/sse';
import {
    forget_token,
    on_token,
    take_token,
    token,
    token_fault,
    token_is_asked_for,
} from '../src/token';

const k_token = `krepro_${'0123456789abcdef'.repeat(4)}`;

const asked: { path: string; headers: Record<string, string> }[] = [];

// A server that knows these tokens and no other.
function serve(known: string[]): void {
    asked.length = 0;
    vi.stubGlobal('fetch', (path: string, init: { headers: Record<string, string> }) => {
        asked.push({ path, headers: init.headers });
        const good = known.includes((init.headers['authorization'] ?? '').replace('Bearer ', ''));
        return Promise.resolve(
            good
                ? Response.json({ id: 7 })
                : Response.json(
                      { title: 'Unauthorized', detail: 'this server asks for a token' },
                      { status: 401 },
                  ),
        );
    });
}

afterEach(() => {
    vi.unstubAllGlobals();
    take_token('');
});

test.each([
    ['', 'Paste a token.'],
    [k_token, ''],
    ['ghp_0123', 'This is no token: a token begins with krepro_.'],
    [k_token.slice(0, -3), 'This token is not whole: after krepro_ stand 61 characters, not 64.'],
    [k_token.replace('f', 'G'), /only the digits 0 to 9 and a to f/],
])('a_text_that_is_no_token_is_told_before_it_is_sent: %s', (text, fault) => {
    expect(token_fault(text)).toMatch(fault === '' ? /^$/ : fault);
});

test('a_token_is_sent_as_a_header_and_in_no_address', async () => {
    serve([k_token]);
    take_token(k_token);
    await get_job(7);
    expect(asked[0]?.headers['authorization']).toBe(`Bearer ${k_token}`);
    expect(asked[0]?.path).not.toContain('krepro_');
});

test('without_a_token_no_authorization_is_sent', async () => {
    serve(['']);
    await get_job(7);
    expect(Object.keys(asked[0]?.headers ?? {})).not.toContain('authorization');
});

test('a_refusal_asks_for_a_token_once_and_a_good_one_ends_it', async () => {
    serve([k_token]);
    const told: boolean[] = [];
    const stop = on_token(() => told.push(token_is_asked_for()));
    await expect(get_job(7)).rejects.toThrow('asks for a token');
    await expect(get_job(7)).rejects.toThrow('asks for a token');
    expect(told).toEqual([true]);
    expect((await try_token('wrong'))?.status).toBe(401);
    expect(await try_token(k_token)).toBeNull();
    expect(token()).toBe('');
    take_token(k_token);
    stop();
    expect(told).toEqual([true, false]);
    expect(await get_job(7)).toEqual({ id: 7 });
});

test('an_answer_to_an_older_token_does_not_ask_again', async () => {
    serve([]);
    const late = get_job(7);
    take_token(k_token);
    await expect(late).rejects.toThrow();
    expect(token_is_asked_for()).toBe(false);
});

test('a_token_that_is_forgotten_is_asked_for', () => {
    take_token(k_token);
    forget_token();
    expect([token(), token_is_asked_for()]).toEqual(['', true]);
});

test.each([1, 2, 3, 7, 1000])('a_stream_cut_every_%d_bytes_gives_the_same_messages', (size) => {
    const text =
        'retry: 2000\n\nid: 4\nevent: stage\ndata: {"a":"é"}\n\n: heartbeat\n\nid: 5\r\ndata: x\r\ndata: y\r\n\r\nevent: cut';
    const bytes = new TextEncoder().encode(text);
    const parser = new SseParser('');
    const messages = [];
    for (let at = 0; at < bytes.length; at += size)
        messages.push(...parser.feed(bytes.subarray(at, at + size)));
    expect(messages).toEqual([
        { type: 'stage', data: '{"a":"é"}' },
        { type: 'message', data: 'x\ny' },
    ]);
    expect(parser.last_id).toBe('5');
});

// Answers each request with the next of these: the text of a stream that is then cut, or a status.
function serve_streams(answers: (string | number)[]): Record<string, string>[] {
    const requests: Record<string, string>[] = [];
    vi.stubGlobal('window', globalThis);
    vi.stubGlobal('fetch', (_: string, init: { headers: Record<string, string> }) => {
        requests.push(init.headers);
        const answer = answers[requests.length - 1];
        if (answer === undefined) return new Promise(() => undefined);
        return Promise.resolve(
            typeof answer === 'number'
                ? new Response(null, { status: answer })
                : new Response(answer),
        );
    });
    return requests;
}

function heard_of(path: string): { heard: string[]; close: () => void } {
    const heard: string[] = [];
    const close = follow_stream(path, {
        opened: () => heard.push('opened'),
        message: ({ type, data }) => heard.push(`${type} ${data}`),
        lost: () => heard.push('lost'),
        ended: () => heard.push('ended'),
    });
    return { heard, close };
}

test('a_stream_that_breaks_goes_on_after_its_last_event', async () => {
    vi.useFakeTimers();
    const requests = serve_streams([
        'id: 4\nevent: a\ndata: 1\n\nid: 5\nevent: a\ndata: 2\n\nid: 6\nevent: b\nda',
        503,
        'id: 6\nevent: b\ndata: 3\n\n',
    ]);
    const { heard, close } = heard_of('/events');
    await vi.advanceTimersByTimeAsync(5000);
    close();
    vi.useRealTimers();
    expect(heard).toEqual(['opened', 'a 1', 'a 2', 'lost', 'lost', 'opened', 'b 3', 'lost']);
    expect(requests.map((headers) => headers['last-event-id'])).toEqual([undefined, '5', '5']);
});

test('a_stream_that_is_over_is_not_asked_for_again', async () => {
    vi.useFakeTimers();
    const requests = serve_streams([204]);
    const { heard, close } = heard_of('/events');
    await vi.advanceTimersByTimeAsync(60000);
    close();
    vi.useRealTimers();
    expect([heard, requests.length]).toEqual([['ended'], 1]);
});

test('a_stream_that_is_refused_waits_for_another_token', async () => {
    vi.useFakeTimers();
    const requests = serve_streams([401, 'id: 1\nevent: a\ndata: 1\n\n']);
    const { heard, close } = heard_of('/events');
    await vi.advanceTimersByTimeAsync(60000);
    expect(requests.length).toBe(1);
    take_token(k_token);
    await vi.advanceTimersByTimeAsync(100);
    close();
    vi.useRealTimers();
    expect(heard.slice(-3)).toEqual(['opened', 'a 1', 'lost']);
    expect(requests[1]?.['authorization']).toBe(`Bearer ${k_token}`);
});

test.each([
    ['attachment; filename="krepro-job-7.xml"', null, 'krepro-job-7.xml'],
    ['attachment; filename="../../x"', null, ''],
    [null, 'trial-3.log', 'trial-3.log'],
    [null, null, ''],
])('a_document_is_saved_under_the_name_the_daemon_gives: %s', (disposition, link, name) => {
    expect(saved_name(disposition, link)).toBe(name);
});

test('the_commands_name_the_server_and_never_the_token', () => {
    const job = {
        id: 7,
        spec: {
            tree: 't',
            profile: 'p',
            workload: 'auto',
            confidence: 0.95,
            budget: { wall_s: 60, trials: 5 },
            warm_start: false,
            commit: '',
            alone: false,
            compiler: '',
            script: '',
            config: '',
        },
    } as unknown as Job;
    const usual = repeat_commands(job, 'http://127.0.0.1:8734');
    expect(usual.cli).toMatch(/^krepro submit --tree t /);
    expect(usual.http).not.toContain('Authorization');
    const far = repeat_commands(job, 'http://ci.example:80', 'token');
    expect(far.cli).toMatch(/^krepro submit --server http:\/\/ci\.example:80 --tree t /);
    for (const command of [far.save, far.http])
        expect(command).toContain('-H "Authorization: Bearer $KREPRO_TOKEN"');
});

test('the_commands_ask_for_all_that_the_job_was', () => {
    const spec = {
        tree: 't',
        profile: 'p',
        workload: 'auto',
        confidence: 0.95,
        budget: { wall_s: 60, trials: 5 },
        warm_start: true,
        commit: 'a..b',
        alone: false,
        compiler: 'clang',
        script: '',
        config: '',
    };
    const asked = (part: object) =>
        repeat_commands(
            { id: 7, spec: { ...spec, ...part } } as unknown as Job,
            'http://127.0.0.1:8734',
        );
    for (const words of ['--compiler clang', '--commit a..b', '--warm-start'])
        expect(asked({}).cli).toContain(words);
    for (const words of ['compiler=clang', 'commit=a..b', 'warm_start=true'])
        expect(asked({}).http).toContain(words);
    const scripted = asked({ script: "echo 'a'\n", config: 'CONFIG_X=y' });
    expect(scripted.save).toContain("printf %s 'echo '\\''a'\\''\n' > job-7.sh");
    expect(scripted.save).toContain('> job-7.config');
    expect(scripted.cli).toMatch(/ --script job-7\.sh --config job-7\.config job-7\.mail$/);
    expect(scripted.http).toContain('-X POST http://127.0.0.1:8734/api/v1/jobs/7/retry');
    const alone = asked({ alone: true });
    expect(alone.cli).toBe('');
    expect(alone.http).toContain('alone=true');
});

test('the_same_bug_is_listed_by_job', () => {
    const sighting = (id: number, job: number, at: string) => ({
        id,
        trial: id,
        arm: 'unpatched' as const,
        title: 't',
        kind: 'k',
        signature: 's',
        target: true,
        matches_expected: true,
        at,
        link: '',
        job,
        job_title: `job ${job}`,
    });
    const seen = seen_in([sighting(3, 2, 'b'), sighting(1, 1, 'a'), sighting(4, 2, 'c')]);
    expect(seen.map(({ job, at, reports }) => [job, at, reports.map(({ id }) => id)])).toEqual([
        [2, 'c', [3, 4]],
        [1, 'a', [1]],
    ]);
});
