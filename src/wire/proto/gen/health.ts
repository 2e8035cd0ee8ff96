// Written by scripts/gen-proto.mjs from proto/health.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { EnumType, MessageCodec, ServiceDescriptor } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeDelimited, sizeInt32, sizeString, Writer } from "../writer.ts";

export const ServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
} as const;
export type ServingStatus = (typeof ServingStatus)[keyof typeof ServingStatus];
export const ServingStatusType: EnumType = { typeName: "grpc.health.v1.HealthCheckResponse.ServingStatus", values: ServingStatus, since: undefined, valuesSince: {  } };

export interface HealthCheckRequest {
  service: string;
}

export function createHealthCheckRequest(init?: Partial<HealthCheckRequest>): HealthCheckRequest {
  if (init === undefined) return { service: "" };
  return {
    service: init.service ?? "",
  };
}

export function sizeHealthCheckRequest(m: HealthCheckRequest): number {
  let n = 0;
  if (m.service !== "") n += 1 + sizeString(m.service);
  return n;
}

export function writeHealthCheckRequest(w: Writer, m: HealthCheckRequest): void {
  if (m.service !== "") {
    w.byte(10);
    w.string(m.service);
  }
}

export function encodeHealthCheckRequest(m: HealthCheckRequest): Uint8Array {
  const size = sizeHealthCheckRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHealthCheckRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHealthCheckRequest(r: Reader, end: number, depth: number, into?: HealthCheckRequest): HealthCheckRequest {
  if (depth < 0) tooDeep();
  let $service: string = "";
  if (into !== undefined) {
    $service = into.service;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $service = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { service: $service };
}

export function decodeHealthCheckRequest(bytes: Uint8Array): HealthCheckRequest {
  return readHealthCheckRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HealthCheckRequest: MessageCodec<HealthCheckRequest> = {
  typeName: "grpc.health.v1.HealthCheckRequest",
  since: undefined,
  fields: [
    { name: "service", jsonName: "service", property: "service", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createHealthCheckRequest(),
  encode: encodeHealthCheckRequest,
  decode: decodeHealthCheckRequest,
};

export interface HealthCheckResponse {
  status: ServingStatus;
}

export function createHealthCheckResponse(init?: Partial<HealthCheckResponse>): HealthCheckResponse {
  if (init === undefined) return { status: 0 };
  return {
    status: init.status ?? 0,
  };
}

export function sizeHealthCheckResponse(m: HealthCheckResponse): number {
  let n = 0;
  if (m.status !== 0) n += 1 + sizeInt32(m.status);
  return n;
}

export function writeHealthCheckResponse(w: Writer, m: HealthCheckResponse): void {
  if (m.status !== 0) {
    w.byte(8);
    w.int32(m.status);
  }
}

export function encodeHealthCheckResponse(m: HealthCheckResponse): Uint8Array {
  const size = sizeHealthCheckResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHealthCheckResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHealthCheckResponse(r: Reader, end: number, depth: number, into?: HealthCheckResponse): HealthCheckResponse {
  if (depth < 0) tooDeep();
  let $status: ServingStatus = 0;
  if (into !== undefined) {
    $status = into.status;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $status = r.int32() as ServingStatus;
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { status: $status };
}

export function decodeHealthCheckResponse(bytes: Uint8Array): HealthCheckResponse {
  return readHealthCheckResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HealthCheckResponse: MessageCodec<HealthCheckResponse> = {
  typeName: "grpc.health.v1.HealthCheckResponse",
  since: undefined,
  fields: [
    { name: "status", jsonName: "status", property: "status", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: ServingStatusType },
  ],
  create: () => createHealthCheckResponse(),
  encode: encodeHealthCheckResponse,
  decode: decodeHealthCheckResponse,
};

export interface HealthListRequest {

}

export function createHealthListRequest(_init?: Partial<HealthListRequest>): HealthListRequest {
  return {};
}

export function sizeHealthListRequest(_m: HealthListRequest): number {
  return 0;
}

export function writeHealthListRequest(_w: Writer, _m: HealthListRequest): void {
}

export function encodeHealthListRequest(m: HealthListRequest): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHealthListRequest(r: Reader, end: number, depth: number, _into?: HealthListRequest): HealthListRequest {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeHealthListRequest(bytes: Uint8Array): HealthListRequest {
  return readHealthListRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HealthListRequest: MessageCodec<HealthListRequest> = {
  typeName: "grpc.health.v1.HealthListRequest",
  since: undefined,
  fields: [],
  create: () => createHealthListRequest(),
  encode: encodeHealthListRequest,
  decode: decodeHealthListRequest,
};

/** The map `statuses` of the standard service, written as the entries a map is on the wire. */
export interface HealthListResponse {
  statuses: HealthListEntry[];
}

export function createHealthListResponse(init?: Partial<HealthListResponse>): HealthListResponse {
  if (init === undefined) return { statuses: [] };
  return {
    statuses: init.statuses ?? [],
  };
}

export function sizeHealthListResponse(m: HealthListResponse): number {
  let n = 0;
  for (let i = 0; i < m.statuses.length; i++) n += 1 + sizeDelimited(sizeHealthListEntry(m.statuses[i]!));
  return n;
}

export function writeHealthListResponse(w: Writer, m: HealthListResponse): void {
  for (let i = 0; i < m.statuses.length; i++) {
    w.byte(10);
    const v = m.statuses[i]!;
    w.uint32(sizeHealthListEntry(v)); writeHealthListEntry(w, v);
  }
}

export function encodeHealthListResponse(m: HealthListResponse): Uint8Array {
  const size = sizeHealthListResponse(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHealthListResponse(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHealthListResponse(r: Reader, end: number, depth: number, into?: HealthListResponse): HealthListResponse {
  if (depth < 0) tooDeep();
  let $statuses: HealthListEntry[] = [];
  if (into !== undefined) {
    $statuses = into.statuses;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $statuses.push(readHealthListEntry(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { statuses: $statuses };
}

export function decodeHealthListResponse(bytes: Uint8Array): HealthListResponse {
  return readHealthListResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HealthListResponse: MessageCodec<HealthListResponse> = {
  typeName: "grpc.health.v1.HealthListResponse",
  since: undefined,
  fields: [
    { name: "statuses", jsonName: "statuses", property: "statuses", number: 1, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => HealthListEntry as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createHealthListResponse(),
  encode: encodeHealthListResponse,
  decode: decodeHealthListResponse,
};

export interface HealthListEntry {
  key: string;
  value: HealthCheckResponse | undefined;
}

export function createHealthListEntry(init?: Partial<HealthListEntry>): HealthListEntry {
  if (init === undefined) return { key: "", value: undefined };
  return {
    key: init.key ?? "",
    value: init.value ?? undefined,
  };
}

export function sizeHealthListEntry(m: HealthListEntry): number {
  let n = 0;
  if (m.key !== "") n += 1 + sizeString(m.key);
  if (m.value !== undefined) n += 1 + sizeDelimited(sizeHealthCheckResponse(m.value));
  return n;
}

export function writeHealthListEntry(w: Writer, m: HealthListEntry): void {
  if (m.key !== "") {
    w.byte(10);
    w.string(m.key);
  }
  if (m.value !== undefined) {
    w.byte(18);
    w.uint32(sizeHealthCheckResponse(m.value)); writeHealthCheckResponse(w, m.value);
  }
}

export function encodeHealthListEntry(m: HealthListEntry): Uint8Array {
  const size = sizeHealthListEntry(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeHealthListEntry(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readHealthListEntry(r: Reader, end: number, depth: number, into?: HealthListEntry): HealthListEntry {
  if (depth < 0) tooDeep();
  let $key: string = "";
  let $value: HealthCheckResponse | undefined = undefined;
  if (into !== undefined) {
    $key = into.key;
    $value = into.value;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $key = r.string(end);
        break;
      case 18:
        $value = readHealthCheckResponse(r, r.sub(end), depth - 1, $value);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { key: $key, value: $value };
}

export function decodeHealthListEntry(bytes: Uint8Array): HealthListEntry {
  return readHealthListEntry(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const HealthListEntry: MessageCodec<HealthListEntry> = {
  typeName: "grpc.health.v1.HealthListEntry",
  since: undefined,
  fields: [
    { name: "key", jsonName: "key", property: "key", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "value", jsonName: "value", property: "value", number: 2, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => HealthCheckResponse as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createHealthListEntry(),
  encode: encodeHealthListEntry,
  decode: decodeHealthListEntry,
};

/** The standard health service; etcd answers for the empty name and for its own service names. */
export const HealthService: ServiceDescriptor = {
  typeName: "grpc.health.v1.Health",
  methods: [
    { name: "Check", input: HealthCheckRequest, output: HealthCheckResponse, clientStream: false, serverStream: false, paths: [] },
    { name: "List", input: HealthListRequest, output: HealthListResponse, clientStream: false, serverStream: false, paths: [] },
    { name: "Watch", input: HealthCheckRequest, output: HealthCheckResponse, clientStream: false, serverStream: true, paths: [] },
  ],
};
