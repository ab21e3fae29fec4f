// SPDX-License-Identifier: Apache-2.0
// Made by tools/types.mjs from docs/openapi.json: change that, and run `npm run types`.

// RFC 9457.
export interface Problem {
    type: string;
    title: string;
    status: number;
    detail: string;
    instance: string;
    // Field, parameter, header or file.
    where: string;
    // What to do.
    hint: string;
}

export interface JobSpec {
    mail: string;
    // A commit of the tree against its first parent, or two as A..B; in place of a mail, or beside one that only tells the story. Whole hashes once the job has begun.
    commit: string;
    // The kernel of `commit` alone, with none to compare it with: reproduced, or not_reproduced with a bound of the rate.
    alone: boolean;
    // A tree's name, the path of a git repository, or "auto": the known tree that takes the patch.
    tree: string;
    profile: string;
    // A config fragment on top of the profile's; it cannot take away what the profile guarantees.
    config: string;
    // Empty: the profile's.
    compiler: '' | 'gcc' | 'clang';
    workload: WorkloadForm;
    confidence: number;
    budget: Budget;
    // A shell script in place of the mail's reproducer, run once an iteration.
    script: string;
    // Count what earlier jobs saw of the same unpatched kernel and workload, at half weight.
    warm_start: boolean;
    // An address that is told of this job's end, as webhooks/job.done has it; empty: none. Refused where the server has no --webhook-secret-file. Begins with https:// and is no private address, unless the server runs with --webhook-allow-private. Answers show it without path and query, which may hold a secret.
    webhook: string;
}

export interface JobSummary {
    id: number;
    stage: JobStage;
    title: string;
    spec: {
        tree: string;
        profile: string;
        workload: WorkloadForm;
        confidence: number;
        budget: Budget;
        warm_start: boolean;
        commit: string;
        compiler: string;
        alone: boolean;
        webhook: string;
    };
    mail: {
        title: string;
        author: string;
        message_id: string;
    };
    direction: Direction | null;
    target_signature: string;
    verdict: Verdict | null;
    problem: JobProblem | null;
    cancel_requested: boolean;
    created_at: string;
    updated_at: string;
    links: Record<string, string | null>;
}

export interface Arm {
    build: ArmBuild | null;
    counts: ArmCounts;
    trials: Trial[];
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

export interface Job {
    id: number;
    stage: JobStage;
    title: string;
    spec: JobSpec;
    mail: Mail;
    // For a tree chosen by trying: what each said.
    tried: TreeTry[];
    expected: Report | null;
    direction: Direction | null;
    unpatched_checkout: Checkout | null;
    patched_checkout: Checkout | null;
    unpatched_build: Build | null;
    patched_build: Build | null;
    workload: Workload | null;
    // What earlier jobs saw, as read when a warm start's trials began.
    earlier: {
        form: WorkloadForm;
        hits: number;
        exposure: number;
        jobs: number[];
    } | null;
    target_signature: string;
    verdict: Verdict | null;
    problem: JobProblem | null;
    cancel_requested: boolean;
    created_at: string;
    updated_at: string;
    arms: {
        unpatched: Arm;
        patched: Arm;
    };
    reports: ShortReport[];
    links: {
        self: string;
        mail: string;
        events: string;
        reports: string;
        trials: string;
        cancel: string;
        retry: string;
        artifacts: string;
        // The verdict in the formats of others, by the format's name; empty until there is a verdict.
        exports: Record<string, string>;
        // An archive that repeats the job; null until there is a verdict, and for a job of one kernel alone.
        bundle: string | null;
    };
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
    // What a warm start added to the unpatched arm's own evidence.
    earlier: WarmStart | null;
    sentence: string;
    limits: string[];
    void_causes: string[];
}

export interface Trial {
    id: number;
    job: number;
    arm: ArmName;
    number: number;
    form: WorkloadForm;
    accelerator: 'kvm' | 'tcg' | '';
    vcpus: number;
    memory_mib: number;
    started_at: string;
    ended_at: string | null;
    outcome: TrialOutcome | null;
    console: string;
    harness: string;
    reports: number[];
    running: boolean;
    links: Record<string, string | null>;
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
    links: Record<string, string | null>;
}

// One parsed splat.
export interface Report {
    // stable: no addresses, pids or counters
    title: string;
    kind: string;
    headline: string;
    // the kernel only remarks on it
    notice: boolean;
    lockdep: boolean;
    // lockdep is blind for the rest of the boot
    disables_lockdep: boolean;
    signature: string;
    // innermost first
    frames: Frame[];
    locks: Lock[];
    held: Lock[];
    context: Context;
    culprit: string;
    // where it is; empty until the report has lines
    culprit_file: string;
    // of that file, by the tree's MAINTAINERS
    subsystem: string;
    maintainers: Contact[];
    locking: LockdepDetail;
    corrupted: boolean;
    interleaved: boolean;
    syzbot: SyzbotView;
    first_byte: number;
    end_byte: number;
    first_line: number;
    end_line: number;
    headline_line: number;
    uptime_s: number | null;
    // the lines, prefixes removed
    text: string;
}

export interface Event {
    seq: number;
    job: number;
    at: string;
    type: 'stage' | 'build' | 'trial' | 'heartbeat' | 'report' | 'symbols' | 'verdict' | 'log';
    // Of the type's own making. Of a build and of a heartbeat, left_s is how many seconds the build, or the job's trials, may still take; null when there is nothing to tell it from.
    data: Record<string, unknown>;
}

export type ArmName = 'unpatched' | 'patched';

export type JobStage = 'queued' | 'checking_out' | 'building' | 'running' | 'done';

export type WorkloadForm = 'verbatim' | 'amplified' | 'auto';

export type ExposureUnit = 'deadline_exits' | 'bogo_ops' | 'guest_seconds';

export type OutcomeKind = 'hit' | 'clean' | 'other' | 'void';

export type VerdictKind = 'fixed' | 'not_fixed' | 'regression' | 'fixed_new_splat' | 'not_reproduced' | 'reproduced' | 'inconclusive' | 'error';

export type Direction = 'forward' | 'reverse';

// A call that the compiler put in place.
export interface InlinedCall {
    function: string;
    file: string;
    line: number;
}

// Lines of a source file.
export interface Excerpt {
    first_line: number;
    lines: string[];
}

// Whom to write to.
export interface Contact {
    address: string;
    role: 'maintainer' | 'reviewer' | 'list';
}

// One line of a call trace.
export interface Frame {
    // symbol as printed, without offset
    function: string;
    offset: number;
    // bytes of the function; 0 when not printed
    size: number;
    // false for '? symbol': found on the stack, not on the chain
    certain: boolean;
    // empty when built in
    module: string;
    // IRQ, TASK, NMI, SOFTIRQ, ...; empty when not marked
    stack: string;
    // relative to the kernel's tree; of the function's own text
    file: string | null;
    line: number | null;
    // what stands inlined at that line, innermost first
    inlines: InlinedCall[];
    // the source around that line
    source: Excerpt | null;
    // the job's patch changes this function, or one inlined here
    patched: boolean;
}

// A lockdep wait type.
export interface WaitType {
    value: number;
    // invalid, free, spin, config, sleep, max or unknown
    name: string;
}

// One usage character, decoded.
export interface LockUsage {
    state: string;
    // taken inside of such an interrupt
    in_context: boolean;
    // taken while such interrupts could come
    while_enabled: boolean;
}

// One lock as lockdep prints it.
export interface Lock {
    address: string;
    // class without decoration
    name: string;
    printed: string;
    // '#2': the n-th class of this name
    version: number;
    subclass: number;
    usage: string;
    usage_states: LockUsage[];
    wait_outer: WaitType | null;
    wait_inner: WaitType | null;
    acquired_at: Frame | null;
    // comm/pid of who holds it, for held locks
    owner: string;
}

// Whom a hung task waits for, as the kernel guesses.
export interface Blocker {
    // empty when the owner was not found
    comm: string;
    pid: number | null;
    // mutex, semaphore or rw-semaphore
    lock_kind: string;
    // reader or writer; empty when not printed
    waits_as: string;
    // likewise, of the owner
    holds_as: string;
}

// Where the CPU was.
export interface Context {
    cpu: number | null;
    pid: number | null;
    comm: string;
    release: string;
    taint: string;
    hardware: string;
    // hardirq, softirq, nmi or task
    interrupt: string | null;
    wait_outer: WaitType | null;
    wait_inner: WaitType | null;
    in_atomic: number | null;
    irqs_disabled: number | null;
    // hexadecimal, as printed
    preempt_count: string | null;
    rcu_depth: number | null;
    preemption_disabled_at: Frame | null;
    blocked_by: Blocker | null;
    // one sentence for people
    words: string;
}

// [HC1[1]:SC0[0]:HE0:SE1]
export interface IrqState {
    hardirq_depth: number;
    softirq_depth: number;
    hardirqs_enabled: boolean;
    softirqs_enabled: boolean;
}

// When interrupts were last enabled or disabled.
export interface IrqEvent {
    what: string;
    stamp: number;
    at: Frame | null;
}

// A node of the dependency chain.
export interface ChainLink {
    number: number;
    lock: Lock;
    frames: Frame[];
}

// Where a lock got a state.
export interface LockStateOrigin {
    state: string;
    lock: string;
    frames: Frame[];
}

// A step of the unsafe scenario.
export interface ScenarioStep {
    cpu: number;
    action: string;
}

// What only lockdep prints.
export interface LockdepDetail {
    irq_state: IrqState | null;
    irq_event_stamp: number | null;
    irq_events: IrqEvent[];
    chain: ChainLink[];
    origins: LockStateOrigin[];
    scenario: ScenarioStep[];
    was_used: string;
    is_used: string;
}

// What syzbot's parser would say.
export interface SyzbotView {
    title: string;
    type: string | null;
    corrupted: boolean;
}

// How alike the expected and the observed report are.
export interface Match {
    same_bug: boolean;
    score: number;
    // Pairs of frame indices: expected, observed.
    aligned: number[][];
    why: string;
}

// A file that the patch changes.
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

// What intake understood of the mail.
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

// A tree state on disk.
export interface Checkout {
    tree: string;
    revision: string;
    source: string;
    state: string;
    content: string;
    arm: ArmName;
}

// A kernel, built.
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
    skipped: number;
    plain: string;
    audit: string;
    wall_s: number;
    cached: boolean;
}

// The reproducer made ready for a VM.
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

// Hits of the same unpatched kernel and workload in earlier jobs, as they were counted.
export interface WarmStart {
    hits: number;
    exposure: number;
    jobs: number[];
}

export interface JobProblem {
    what: string;
    where: string;
    hint: string;
    stage: string;
    // Whose kernel cannot be built, when its code is at fault; else null.
    arm: ArmName | null;
    // Of a build: the output around the first error.
    excerpt: string[];
}

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
    link: string;
}

export interface Budget {
    wall_s: number;
    trials: number;
}

// The kernel of an arm, with where its files are.
export type ArmBuild = Build & {
    links: Record<string, string | null>;
};

// A report in short, with the title of its job.
export interface Sighting {
    id: number;
    trial: number;
    arm: ArmName;
    title: string;
    kind: string;
    signature: string;
    target: boolean;
    matches_expected: boolean;
    at: string;
    link: string;
    job: number;
    job_title: string;
}

// One thing that krepro needs of the machine.
export interface HostFinding {
    name: string;
    health: 'ok' | 'warning' | 'broken';
    found: string;
    // What to do; empty when it is ok.
    mend: string;
}

export interface DiskUse {
    name: string;
    bytes: number;
    entries: number;
}

// What one tree takes of the machine's disk.
export interface TreeUse {
    // Of the tree; of its folder, where a job named it by its path.
    name: string;
    // On disk; of a git tree without its history, which trees may share.
    bytes: number;
}

// The machine that the daemon runs on, and what it does there.
export interface Host {
    // When; remembered for some minutes.
    looked_at: string;
    cpus: number;
    memory_bytes: number;
    accelerator: 'kvm' | 'tcg' | '';
    accelerator_why: string;
    findings: HostFinding[];
    disk: DiskUse[];
    // Those that are on this machine.
    trees: TreeUse[];
    free_bytes: number;
    unfinished_jobs: number;
    queue: JobSummary[];
    running: Trial[];
}

// A source of kernels that a job may name.
export interface TreeInfo {
    name: string;
    kind: 'debian-source' | 'debian-binary' | 'git' | 'tarball';
    description: string;
    // Package and version, URL or path.
    origin: string;
    // Comes with krepro; else one of the machine's own.
    shipped: boolean;
    // Its files are on this machine; else the first job on it fetches them.
    fetched: boolean;
}

// A kernel configuration that a job may name.
export interface ProfileInfo {
    name: string;
    description: string;
    guarantees: string[];
}

// What intake makes of a mail; nothing is queued.
export interface Preview {
    title: string;
    author: string;
    message_id: string;
    trailers: Trailer[];
    files: PatchFile[];
    notes: string[];
    expected: {
        title: string;
        kind: string;
        frames: Frame[];
    } | null;
    reproducer: {
        command: string;
        loop: boolean;
        script: string;
    } | null;
    workload: {
        verbatim: Workload | null;
        amplified: Workload | null;
        // Why there is no workload.
        problem: string | null;
    };
    // What the known trees say to the patch, as far as is known within a second; ask again while one is trying.
    trees: TreeAnswer[];
    estimate: Estimate | null;
}

// Nothing is fetched to answer: a tree that is not here is not_fetched.
export type TreeState = 'takes' | 'refuses' | 'trying' | 'not_fetched' | 'failed';

// What one tree says to a patch.
export interface TreeAnswer {
    tree: string;
    state: TreeState;
    // In which it takes the patch; null while that is not known, or when it does not.
    direction: Direction | null;
    // It does not take the patch, or is not known to; empty when it does.
    why: string;
}

export interface EstimatePart {
    name: 'fetch' | 'unpatched build' | 'patched build' | 'trials';
    seconds: number;
    // Jobs of this machine, or what is assumed where none was like it.
    basis: 'record' | 'assumed';
    // What the seconds are made of.
    why: string;
}

// How long a job may take.
export interface Estimate {
    // That the job would be for; empty: no tree that is here takes the patch.
    tree: string;
    seconds: number;
    // When the trials use up their budget.
    most_s: number;
    parts: EstimatePart[];
}

// A kernel that jobs used, with where its files are.
export type KeptBuild = ArmBuild & {
    id: number;
    // The job that built it.
    first_job: number;
    last_job: number;
};

// A file that a job made.
export interface JobArtifact {
    // What it is to the job: unpatched/bzImage, patched/trial-2/console.
    name: string;
    hash: string;
    media_type: string;
    // Null when it is not in the store any more.
    bytes: number | null;
    link: string;
}

// A form of the reproducer that a job may ask for.
export interface WorkloadKind {
    name: WorkloadForm;
    description: string;
}

// A machine that runs trials.
export type NamedHost = Host & {
    name: string;
};

export interface TreeTry {
    tree: string;
    direction: Direction | null;
    why: string;
}

export interface BisectionSpec {
    // A commit of the tree without the bug; `bad` comes from it.
    good: string;
    // A commit of the tree that has the bug.
    bad: string;
    // Tells of the bug: its trace, its reproducer.
    mail: string;
    // A shell script in place of the mail's reproducer, run once an iteration.
    script: string;
    // A tree's name, or the path of a git repository.
    tree: string;
    profile: string;
    // A config fragment on top of the profile's; it cannot take away what the profile guarantees.
    config: string;
    // Empty: the profile's.
    compiler: '' | 'gcc' | 'clang';
    workload: 'verbatim' | 'amplified';
    // That the commit which is named is the one.
    confidence: number;
    // For all commits together.
    budget: Budget;
}

export type BisectionStage = 'queued' | 'running' | 'done';

export type BisectionEnd = 'found' | 'among' | 'good_is_bad' | 'not_reproduced' | 'inconclusive' | 'error';

export interface LineCommit {
    hash: string;
    title: string;
    // More than one: a merge, which stands for all that it brought.
    parents: number;
}

export interface BisectionCandidate {
    commit: LineCommit;
    probability: number;
}

export interface BisectionResult {
    kind: BisectionEnd;
    // The one; those that cannot be told apart, because all but the last cannot be tested; or those that are left. Fifty at most.
    commits: LineCommit[];
    // That it is one of them.
    probability: number;
    sentence: string;
    limits: string[];
}

export interface BisectionStep {
    number: number;
    job: number;
    // In the line of commits, from 0, the good one.
    place: number;
    commit: string;
    title: string;
    // So many end it.
    hits_wanted: number;
    // So much without a hit ends it; 0: the budget alone.
    exposure_goal: number;
    // Of which one boot brings so much at most; 0: what it can.
    boot_exposure: number;
    stage: JobStage;
    result: 'hit' | 'clean' | 'untestable' | 'failed' | null;
    trials: number;
    hits: number;
    exposure: number;
    wall_s: number;
    // 0: its kernel was there; null: it is not built yet.
    build_s: number | null;
    links: {
        job: string;
    };
}

export interface BisectionSummary {
    id: number;
    stage: BisectionStage;
    title: string;
    commits: number;
    left: number;
    result: BisectionResult | null;
    cancel_requested: boolean;
    created_at: string;
    updated_at: string;
    links: {
        self: string;
    };
}

export interface Bisection {
    id: number;
    stage: BisectionStage;
    title: string;
    spec: {
        // A commit of the tree without the bug; `bad` comes from it.
        good: string;
        // A commit of the tree that has the bug.
        bad: string;
        // A tree's name, or the path of a git repository.
        tree: string;
        profile: string;
        // Empty: the profile's.
        compiler: '' | 'gcc' | 'clang';
        workload: 'verbatim' | 'amplified';
        // That the commit which is named is the one.
        confidence: number;
        // For all commits together.
        budget: Budget;
    };
    // Whole hash; empty until the line of commits is known.
    good: string;
    bad: string;
    // Of the line, both ends included.
    commits: number;
    // How the history was made a line.
    notes: string[];
    target_signature: string;
    // So many commits hold the one, with the confidence asked for.
    left: number;
    // The most probable of them, in the order of the line; twenty at most.
    candidates: BisectionCandidate[];
    result: BisectionResult | null;
    problem: JobProblem | null;
    cancel_requested: boolean;
    created_at: string;
    updated_at: string;
    unit: ExposureUnit | null;
    steps: BisectionStep[];
    links: {
        self: string;
        cancel: string;
        resume: string;
    };
}
