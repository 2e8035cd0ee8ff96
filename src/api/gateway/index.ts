export { type AccessOptions, openAccess } from "./access.ts";
export { type GatewayOptions, HttpGateway } from "./http.ts";
export { MethodTable, registerInAll } from "./methods.ts";
