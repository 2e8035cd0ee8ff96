export { ProfilePages } from "./pages.ts";
export { type Profiler, v8Profiler } from "./profiler.ts";
