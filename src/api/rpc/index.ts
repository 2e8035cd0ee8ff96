export { registerElection } from "./election.ts";
export { registerLock } from "./lock.ts";
export type { AuthBackend, Authorizer, RpcOptions, Sha256 } from "./options.ts";
export { RpcServices } from "./services.ts";
