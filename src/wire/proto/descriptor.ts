/** What a field holds on the wire; `id` fields are 64-bit integers that TypeScript sees as bigint. */
export type FieldKind = "int64" | "uint64" | "uint32" | "bool" | "bytes" | "string" | "enum" | "message";

/** One field of a message, as the .proto file declares it: what the JSON gateway works from. */
export interface FieldDescriptor {
  /** The proto name, which is also etcd's JSON name: `range_end`. */
  readonly name: string;
  /** protojson's other accepted name: `rangeEnd`. */
  readonly jsonName: string;
  /** Property of the TypeScript object; inside a oneof, the `case`. */
  readonly property: string;
  readonly number: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  /** 64-bit integer kept as bigint. */
  readonly id: boolean;
  /** Message kept as its encoded bytes (`Uint8Array`); `message` tells which. */
  readonly embed: boolean;
  /** Property of the oneof that the field belongs to. */
  readonly oneof: string | undefined;
  /** proto2 field with presence: `undefined` when absent. */
  readonly optional: boolean;
  /** First etcd version that knows the field ("3.4"); undefined where etcd gives none. */
  readonly since: string | undefined;
  /** The type of a message field. A call, since types may refer to each other in circles. */
  readonly message: (() => MessageCodec<unknown>) | undefined;
  readonly enumeration: EnumType | undefined;
}

export interface EnumType {
  /** Full name: `etcdserverpb.RangeRequest.SortOrder`. */
  readonly typeName: string;
  readonly values: Readonly<Record<string, number>>;
  readonly since: string | undefined;
  /** First etcd version that knows a value, for values that came later than the rest. */
  readonly valuesSince: Readonly<Record<number, string>>;
}

/** The companion of a message interface: its codec and its fields. */
export interface MessageCodec<M> {
  /** Full name: `etcdserverpb.RangeRequest`. */
  readonly typeName: string;
  /** First etcd version that knows the message. */
  readonly since: string | undefined;
  /** In order of field number. */
  readonly fields: readonly FieldDescriptor[];
  create(): M;
  encode(message: M): Uint8Array;
  decode(bytes: Uint8Array): M;
}

export interface MethodDescriptor {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: codecs of any message; each use narrows by the service it serves.
  readonly input: MessageCodec<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly output: MessageCodec<any>;
  readonly clientStream: boolean;
  readonly serverStream: boolean;
  /** Paths of the JSON gateway, all POST; the first is the principal one. */
  readonly paths: readonly string[];
}

export interface ServiceDescriptor {
  /** Full name: `etcdserverpb.KV`. */
  readonly typeName: string;
  readonly methods: readonly MethodDescriptor[];
}
