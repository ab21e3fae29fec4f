// SPDX-License-Identifier: Apache-2.0
// The daemon's API below /api/v1. Every failure is an ApiError with what the daemon said.

import type {
    Host,
    Job,
    JobListing,
    Preview,
    ProfileInfo,
    Sighting,
    StoredReport,
    TreeInfo,
    Trial,
    WorkloadForm,
} from './model';

import type { MailForm, MailText } from './mail_text';
import { bytes_of_mail } from './mail_text';
import { wait_of, waited } from './patience';
import { ask_for_token, authorization, token } from './token';

export const k_api = '/api/v1';

// RFC 9457, with the daemon's own members.
export interface Problem {
    title: string;
    detail: string;
    status: number;
    where: string; // what the error is about: a field, a file, an id
    hint: string; // what to do
}

export class ApiError extends Error {
    constructor(readonly problem: Problem) {
        super(problem.detail || problem.title);
    }
}

// The daemon cannot be reached: worth trying again.
export class OfflineError extends Error {
    constructor() {
        super('The daemon does not answer.');
    }
}

const k_most_tries = 4;

// What trying again does not mend: a job that is not there, a token that may not.
export function is_final(error: unknown): boolean {
    if (!(error instanceof ApiError)) return false;
    const { status } = error.problem;
    return status >= 400 && status < 500 && status !== 429;
}

type JsonObject = Record<string, unknown>;

function is_object(value: unknown): value is JsonObject {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text_of(object: JsonObject, ...names: string[]): string {
    for (const name of names) {
        const value = object[name];
        if (typeof value === 'string' && value !== '') return value;
    }
    return '';
}

export async function read_problem(response: Response): Promise<Problem> {
    const problem: Problem = {
        title: response.statusText || `HTTP ${response.status}`,
        detail: '',
        status: response.status,
        where: '',
        hint: '',
    };
    if (!/[/+]json/.test(response.headers.get('content-type') ?? '')) return problem;
    const body: unknown = await response.json().catch(() => null);
    if (!is_object(body)) return problem;
    problem.title = text_of(body, 'title') || problem.title;
    problem.detail = text_of(body, 'detail', 'what');
    problem.where = text_of(body, 'where', 'field');
    problem.hint = text_of(body, 'hint');
    return problem;
}

async function request_once(path: string, init: RequestInit): Promise<Response> {
    try {
        return await fetch(path, {
            ...init,
            headers: { ...authorization(), ...(init.headers as Record<string, string>) },
        });
    } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') throw error;
        throw new OfflineError();
    }
}

// A server that has too many requests of us has done nothing with this one: it is asked again when
// it says, a few times.
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
    for (let tries = 1; ; ++tries) {
        const sent = token();
        const response = await request_once(path, init);
        if (response.status === 401) ask_for_token(sent);
        if (response.status !== 429 || tries === k_most_tries) return response;
        await waited(wait_of(response.headers.get('retry-after')), init.signal ?? null);
    }
}

// What the server says to a token that is not held yet; null: it takes it.
export async function try_token(candidate: string): Promise<Problem | null> {
    const response = await request(`${k_api}/jobs?limit=1`, {
        headers: { accept: 'application/json', authorization: `Bearer ${candidate}` },
    });
    return response.ok ? null : read_problem(response);
}

async function get_json(path: string, signal?: AbortSignal): Promise<unknown> {
    const response = await request(path, {
        headers: { accept: 'application/json' },
        ...(signal ? { signal } : {}),
    });
    if (!response.ok) throw new ApiError(await read_problem(response));
    return response.json();
}

// The daemon writes these from the structs of model.ts; they are trusted to have that shape, their
// strings are not trusted at all.
async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await get_json(path, signal)) as T;
}

export interface JobQuery {
    text: string;
    verdict: string;
    stage: string;
    before: number; // jobs older than this one; 0: the newest
}

export function jobs_query(query: JobQuery): string {
    const parameters = new URLSearchParams();
    if (query.text) parameters.set('q', query.text);
    if (query.verdict) parameters.set('verdict', query.verdict);
    if (query.stage) parameters.set('stage', query.stage);
    if (query.before) parameters.set('before', String(query.before));
    const text = parameters.toString();
    return text ? `?${text}` : '';
}

export function get_jobs(query: JobQuery, signal?: AbortSignal): Promise<JobListing> {
    return get(`${k_api}/jobs${jobs_query(query)}`, signal);
}

export function get_job(id: number, signal?: AbortSignal): Promise<Job> {
    return get(`${k_api}/jobs/${id}`, signal);
}

export async function get_reports(job: number, signal?: AbortSignal): Promise<StoredReport[]> {
    const body = await get<{ reports: StoredReport[] }>(`${k_api}/jobs/${job}/reports`, signal);
    return body.reports;
}

export function get_report(id: number, signal?: AbortSignal): Promise<StoredReport> {
    return get(`${k_api}/reports/${id}`, signal);
}

export async function get_sightings(signature: string, signal?: AbortSignal): Promise<Sighting[]> {
    const query = new URLSearchParams({ signature, limit: '100' });
    const body = await get<{ reports: Sighting[] }>(`${k_api}/reports?${query}`, signal);
    return body.reports;
}

export function get_host(signal?: AbortSignal): Promise<Host> {
    return get(`${k_api}/host`, signal);
}

export interface Choices {
    trees: TreeInfo[];
    profiles: ProfileInfo[];
}

export async function get_choices(signal?: AbortSignal): Promise<Choices> {
    const [{ trees }, { profiles }] = await Promise.all([
        get<{ trees: TreeInfo[] }>(`${k_api}/trees`, signal),
        get<{ profiles: ProfileInfo[] }>(`${k_api}/profiles`, signal),
    ]);
    return { trees, profiles };
}

export function get_trial(id: number, signal?: AbortSignal): Promise<Trial> {
    return get(`${k_api}/trials/${id}`, signal);
}

export function console_path(trial: number): string {
    return `${k_api}/trials/${trial}/console`;
}

export interface Submission {
    mail: string;
    mail_form: MailForm; // what the characters of the mail stand for
    commit: string; // of the tree, or two as A..B; the mail then only tells the story
    tree: string;
    profile: string;
    workload: WorkloadForm;
    confidence: string;
    minutes: string; // for the trials
    trials: string; // at most
    warm_start: boolean; // count the hits of earlier jobs
}

// What the daemon is given beside the mail.
export function parameters_of(submission: Submission): URLSearchParams {
    return new URLSearchParams({
        tree: submission.tree,
        profile: submission.profile,
        workload: submission.workload,
        confidence: submission.confidence,
        wall_s: String(Number(submission.minutes) * 60),
        trials: submission.trials,
        warm_start: String(submission.warm_start),
        ...(submission.commit ? { commit: submission.commit } : {}),
    });
}

// As bytes: a mail says itself how it is to be read.
function post_mail(path: string, mail: MailText, signal?: AbortSignal): Promise<Response> {
    return request(path, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', accept: 'application/json' },
        body: bytes_of_mail(mail),
        ...(signal ? { signal } : {}),
    });
}

// What intake makes of a mail, and what its job would meet; nothing is queued.
export async function get_preview(
    mail: MailText,
    parameters: string,
    signal: AbortSignal,
): Promise<Preview> {
    const response = await post_mail(`${k_api}/intake/preview?${parameters}`, mail, signal);
    if (!response.ok) throw new ApiError(await read_problem(response));
    return (await response.json()) as Preview;
}

export async function submit(submission: Submission): Promise<Job> {
    const { mail, mail_form } = submission;
    const response = await post_mail(`${k_api}/jobs?${parameters_of(submission)}`, {
        text: mail,
        form: mail_form,
    });
    if (!response.ok) throw new ApiError(await read_problem(response));
    return (await response.json()) as Job;
}

export async function cancel_job(id: number): Promise<void> {
    const response = await request(`${k_api}/jobs/${id}/cancel`, { method: 'POST' });
    if (!response.ok) throw new ApiError(await read_problem(response));
}
