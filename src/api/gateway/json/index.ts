/** Messages as the JSON of etcd's gateway, worked out from their descriptors. */
export { decodeJson } from "./decode.ts";
export { encodeJson } from "./encode.ts";
export { isSpace } from "./scanner.ts";
