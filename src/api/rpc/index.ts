export type { AuthBackend, Authorizer, RpcOptions, Sha256 } from "./options.ts";
export { RpcServices } from "./services.ts";
