// SPDX-License-Identifier: Apache-2.0
// What the daemon says, as types: made from its OpenAPI file.

import type { Event, JobSummary } from './api_types';

export type {
    Arm,
    ArmCounts,
    ArmName,
    Build,
    ChainLink,
    Checkout,
    Context,
    Direction,
    DiskUse,
    Estimate,
    EstimatePart,
    ExposureUnit,
    Frame,
    Host,
    HostFinding,
    Job,
    JobProblem,
    JobSpec,
    JobStage,
    JobSummary,
    Lock,
    LockdepDetail,
    LockStateOrigin,
    LockUsage,
    Mail,
    Match,
    OutcomeKind,
    PatchFile,
    Preview,
    ProfileInfo,
    Report,
    ScenarioStep,
    ShortReport,
    Sighting,
    StoredReport,
    TreeAnswer,
    TreeInfo,
    TreeTry,
    TreeUse,
    Trial,
    TrialOutcome,
    Verdict,
    VerdictKind,
    WaitType,
    Workload,
    WorkloadForm,
} from './api_types';

export interface JobListing {
    jobs: JobSummary[];
    next: string | null; // where older jobs are
}

// An event may be of a type that this page does not know yet.
export type JobEvent = Omit<Event, 'type'> & { type: string };
