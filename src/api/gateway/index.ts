export { type AccessOptions, openAccess } from "./access.ts";
/** @internal Speaks of `node:http`: left out of the package's types. */
export { type GatewayOptions, HttpGateway } from "./http.ts";
export { MethodTable, registerInAll } from "./methods.ts";
