export { Inflights } from "./inflights.ts";
export { Membership } from "./membership.ts";
export { Progress, ProgressState } from "./progress.ts";
export { type ProgressMap, ProgressTracker } from "./tracker.ts";
