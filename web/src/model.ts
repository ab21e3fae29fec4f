// SPDX-License-Identifier: Apache-2.0
// The daemon's plain structs (daemon/model/*.hpp) as they arrive in JSON: every field is there,
// an empty optional is null.

export type ArmName = 'unpatched' | 'patched';
export type JobStage = 'queued' | 'checking_out' | 'building' | 'running' | 'done';
export type WorkloadForm = 'verbatim' | 'amplified' | 'auto';
export type ExposureUnit = 'deadline_exits' | 'guest_seconds';
export type OutcomeKind = 'hit' | 'clean' | 'other' | 'void';
export type VerdictKind =
    | 'fixed'
    | 'not_fixed'
    | 'regression'
    | 'fixed_new_splat'
    | 'not_reproduced'
    | 'inconclusive'
    | 'error';

export interface Budget {
    wall_s: number;
    trials: number;
}

export interface JobSpec {
    mail: string;
    tree: string;
    profile: string;
    workload: WorkloadForm;
    confidence: number;
    budget: Budget;
    script: string;
}

export interface PatchFile {
    old_path: string;
    new_path: string;
    hunks: number;
    added: number;
    removed: number;
    functions: string[];
}

export interface Trailer {
    key: string;
    value: string;
}

export interface Reproducer {
    script: string;
    command: string;
    looped: boolean;
}

export interface Mail {
    title: string;
    author: string;
    message_id: string;
    message: string;
    trailers: Trailer[];
    patch: string;
    files: PatchFile[];
    splat: string;
    reproducer: Reproducer | null;
    notes: string[];
}

export interface Frame {
    function: string;
    offset: number;
    size: number;
    certain: boolean;
    module: string;
    stack: string;
    file: string | null;
    line: number | null;
}

export interface WaitType {
    value: number;
    name: string;
}

export interface Lock {
    address: string;
    name: string;
    printed: string;
    version: number;
    subclass: number;
    usage: string;
    wait_outer: WaitType | null;
    wait_inner: WaitType | null;
    acquired_at: Frame | null;
}

export interface Context {
    cpu: number | null;
    pid: number | null;
    comm: string;
    release: string;
    taint: string;
    hardware: string;
    interrupt: string | null;
    wait_outer: WaitType | null;
    wait_inner: WaitType | null;
    in_atomic: number | null;
    irqs_disabled: number | null;
    preempt_count: string | null;
    rcu_depth: number | null;
    preemption_disabled_at: Frame | null;
    words: string;
}

export interface Report {
    title: string;
    kind: string;
    lockdep: boolean;
    disables_lockdep: boolean;
    signature: string;
    frames: Frame[];
    locks: Lock[];
    held: Lock[];
    context: Context;
    culprit: string;
    corrupted: boolean;
    syzbot: { title: string; type: string | null; corrupted: boolean };
    first_byte: number;
    end_byte: number;
    first_line: number;
    end_line: number;
    uptime_s: number | null;
    text: string;
}

export interface Match {
    same_bug: boolean;
    score: number;
    aligned: number[][];
    why: string;
}

export interface StoredReport {
    id: number;
    job: number;
    trial: number;
    arm: ArmName;
    target: boolean;
    matches_expected: boolean;
    match: Match | null;
    at: string;
    report: Report;
}

export interface TrialOutcome {
    kind: OutcomeKind;
    cause: string | null;
    detail: string;
    exposure: number;
    unit: ExposureUnit;
    iterations: number;
    guest_s: number;
    wall_s: number;
    ready_s: number | null;
    lockdep_alive_at_end: boolean;
    proof: string[];
}

export interface Trial {
    id: number;
    job: number;
    arm: ArmName;
    number: number;
    form: WorkloadForm;
    accelerator: string;
    vcpus: number;
    memory_mib: number;
    started_at: string;
    ended_at: string | null;
    outcome: TrialOutcome | null;
    console: string;
    harness: string;
    reports: number[];
}

export interface ArmCounts {
    trials: number;
    hits: number;
    clean: number;
    other: number;
    void: number;
    exposure: number;
    wall_s: number;
}

export interface Verdict {
    kind: VerdictKind;
    confidence: number;
    hits_needed: number;
    unpatched: ArmCounts;
    patched: ArmCounts;
    unit: ExposureUnit;
    form: WorkloadForm;
    exposure_needed: number | null;
    p_value: number | null;
    rate_ratio_bound: number | null;
    rate_bound: number | null;
    sentence: string;
    limits: string[];
    void_causes: string[];
}

export interface Checkout {
    tree: string;
    revision: string;
    source: string;
    state: string;
    arm: ArmName;
}

export interface Build {
    key: string;
    arm: ArmName;
    tree: string;
    profile: string;
    release: string;
    compiler: string;
    bzimage: string;
    vmlinux: string;
    config: string;
    objects: number;
    wall_s: number;
    cached: boolean;
}

export interface Workload {
    name: string;
    form: WorkloadForm;
    script: string;
    vcpus: number;
    memory_mib: number;
    iteration_s: number;
    unit: ExposureUnit;
    changes: string[];
}

export interface JobProblem {
    what: string;
    where: string;
    hint: string;
    stage: string;
}

export interface Arm {
    build: Build | null;
    // Of the trials of the workload's form that the job runs now.
    counts: ArmCounts;
    trials: Trial[];
}

// What a job's document says of a report; the whole report has an address of its own.
export interface ShortReport {
    id: number;
    trial: number;
    arm: ArmName;
    title: string;
    kind: string;
    signature: string;
    target: boolean;
    matches_expected: boolean;
    at: string;
}

export interface Job {
    id: number;
    stage: JobStage;
    title: string;
    spec: JobSpec;
    mail: Mail;
    expected: Report | null;
    direction: 'forward' | 'reverse' | null;
    unpatched_checkout: Checkout | null;
    patched_checkout: Checkout | null;
    workload: Workload | null;
    target_signature: string;
    verdict: Verdict | null;
    problem: JobProblem | null;
    cancel_requested: boolean;
    created_at: string;
    updated_at: string;
    arms: Record<ArmName, Arm>;
    reports: ShortReport[];
}

// A line of the list of jobs: without the mail's text, traces, builds and trials.
export interface JobSummary {
    id: number;
    stage: JobStage;
    title: string;
    spec: Pick<JobSpec, 'tree' | 'profile' | 'workload' | 'confidence' | 'budget'>;
    mail: Pick<Mail, 'title' | 'author' | 'message_id'>;
    verdict: Verdict | null;
    problem: JobProblem | null;
    cancel_requested: boolean;
    created_at: string;
    updated_at: string;
}

export interface JobListing {
    jobs: JobSummary[];
    next: string | null; // where older jobs are
}

export interface JobEvent {
    seq: number;
    job: number;
    at: string;
    type: string;
    data: Record<string, unknown>;
}
