// Written by scripts/gen-proto.mjs from proto/auth.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { EnumType, MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeDelimited, sizeInt32, sizeString, Writer } from "../writer.ts";

export const PermissionType = {
  READ: 0,
  WRITE: 1,
  READWRITE: 2,
} as const;
export type PermissionType = (typeof PermissionType)[keyof typeof PermissionType];
export const PermissionTypeType: EnumType = { typeName: "authpb.Permission.Type", values: PermissionType, since: undefined, valuesSince: {  } };

export interface UserAddOptions {
  noPassword: boolean;
}

export function createUserAddOptions(init?: Partial<UserAddOptions>): UserAddOptions {
  if (init === undefined) return { noPassword: false };
  return {
    noPassword: init.noPassword ?? false,
  };
}

export function sizeUserAddOptions(m: UserAddOptions): number {
  let n = 0;
  if (m.noPassword) n += 1 + 1;
  return n;
}

export function writeUserAddOptions(w: Writer, m: UserAddOptions): void {
  if (m.noPassword) {
    w.byte(8);
    w.bool(m.noPassword);
  }
}

export function encodeUserAddOptions(m: UserAddOptions): Uint8Array {
  const size = sizeUserAddOptions(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeUserAddOptions(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readUserAddOptions(r: Reader, end: number, depth: number, into?: UserAddOptions): UserAddOptions {
  if (depth < 0) tooDeep();
  let $noPassword: boolean = false;
  if (into !== undefined) {
    $noPassword = into.noPassword;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $noPassword = r.bool();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { noPassword: $noPassword };
}

export function decodeUserAddOptions(bytes: Uint8Array): UserAddOptions {
  return readUserAddOptions(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const UserAddOptions: MessageCodec<UserAddOptions> = {
  typeName: "authpb.UserAddOptions",
  since: undefined,
  fields: [
    { name: "no_password", jsonName: "noPassword", property: "noPassword", number: 1, kind: "bool", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createUserAddOptions(),
  encode: encodeUserAddOptions,
  decode: decodeUserAddOptions,
};

export interface User {
  name: Uint8Array;
  /** bcrypt hash; empty for a user that signs in by certificate only. */
  password: Uint8Array;
  roles: string[];
  options: UserAddOptions | undefined;
}

export function createUser(init?: Partial<User>): User {
  if (init === undefined) return { name: EMPTY, password: EMPTY, roles: [], options: undefined };
  return {
    name: init.name ?? EMPTY,
    password: init.password ?? EMPTY,
    roles: init.roles ?? [],
    options: init.options ?? undefined,
  };
}

export function sizeUser(m: User): number {
  let n = 0;
  if (m.name.length !== 0) n += 1 + sizeBytes(m.name);
  if (m.password.length !== 0) n += 1 + sizeBytes(m.password);
  for (let i = 0; i < m.roles.length; i++) n += 1 + sizeString(m.roles[i]!);
  if (m.options !== undefined) n += 1 + sizeDelimited(sizeUserAddOptions(m.options));
  return n;
}

export function writeUser(w: Writer, m: User): void {
  if (m.name.length !== 0) {
    w.byte(10);
    w.bytes(m.name);
  }
  if (m.password.length !== 0) {
    w.byte(18);
    w.bytes(m.password);
  }
  for (let i = 0; i < m.roles.length; i++) {
    w.byte(26);
    const v = m.roles[i]!;
    w.string(v);
  }
  if (m.options !== undefined) {
    w.byte(34);
    w.uint32(sizeUserAddOptions(m.options)); writeUserAddOptions(w, m.options);
  }
}

export function encodeUser(m: User): Uint8Array {
  const size = sizeUser(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeUser(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readUser(r: Reader, end: number, depth: number, into?: User): User {
  if (depth < 0) tooDeep();
  let $name: Uint8Array = EMPTY;
  let $password: Uint8Array = EMPTY;
  let $roles: string[] = [];
  let $options: UserAddOptions | undefined = undefined;
  if (into !== undefined) {
    $name = into.name;
    $password = into.password;
    $roles = into.roles;
    $options = into.options;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.view(end);
        break;
      case 18:
        $password = r.view(end);
        break;
      case 26:
        $roles.push(r.string(end));
        break;
      case 34:
        $options = readUserAddOptions(r, r.sub(end), depth - 1, $options);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, password: $password, roles: $roles, options: $options };
}

export function decodeUser(bytes: Uint8Array): User {
  return readUser(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const User: MessageCodec<User> = {
  typeName: "authpb.User",
  since: undefined,
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "password", jsonName: "password", property: "password", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "roles", jsonName: "roles", property: "roles", number: 3, kind: "string", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "options", jsonName: "options", property: "options", number: 4, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => UserAddOptions as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createUser(),
  encode: encodeUser,
  decode: decodeUser,
};

/** What may be done with a range of keys. Ranges as in RangeRequest. */
export interface Permission {
  permType: PermissionType;
  key: Uint8Array;
  rangeEnd: Uint8Array;
}

export function createPermission(init?: Partial<Permission>): Permission {
  if (init === undefined) return { permType: 0, key: EMPTY, rangeEnd: EMPTY };
  return {
    permType: init.permType ?? 0,
    key: init.key ?? EMPTY,
    rangeEnd: init.rangeEnd ?? EMPTY,
  };
}

export function sizePermission(m: Permission): number {
  let n = 0;
  if (m.permType !== 0) n += 1 + sizeInt32(m.permType);
  if (m.key.length !== 0) n += 1 + sizeBytes(m.key);
  if (m.rangeEnd.length !== 0) n += 1 + sizeBytes(m.rangeEnd);
  return n;
}

export function writePermission(w: Writer, m: Permission): void {
  if (m.permType !== 0) {
    w.byte(8);
    w.int32(m.permType);
  }
  if (m.key.length !== 0) {
    w.byte(18);
    w.bytes(m.key);
  }
  if (m.rangeEnd.length !== 0) {
    w.byte(26);
    w.bytes(m.rangeEnd);
  }
}

export function encodePermission(m: Permission): Uint8Array {
  const size = sizePermission(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writePermission(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readPermission(r: Reader, end: number, depth: number, into?: Permission): Permission {
  if (depth < 0) tooDeep();
  let $permType: PermissionType = 0;
  let $key: Uint8Array = EMPTY;
  let $rangeEnd: Uint8Array = EMPTY;
  if (into !== undefined) {
    $permType = into.permType;
    $key = into.key;
    $rangeEnd = into.rangeEnd;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $permType = r.int32() as PermissionType;
        break;
      case 18:
        $key = r.view(end);
        break;
      case 26:
        $rangeEnd = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { permType: $permType, key: $key, rangeEnd: $rangeEnd };
}

export function decodePermission(bytes: Uint8Array): Permission {
  return readPermission(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Permission: MessageCodec<Permission> = {
  typeName: "authpb.Permission",
  since: undefined,
  fields: [
    { name: "permType", jsonName: "permType", property: "permType", number: 1, kind: "enum", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: PermissionTypeType },
    { name: "key", jsonName: "key", property: "key", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "range_end", jsonName: "rangeEnd", property: "rangeEnd", number: 3, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createPermission(),
  encode: encodePermission,
  decode: decodePermission,
};

export interface Role {
  name: Uint8Array;
  keyPermission: Permission[];
}

export function createRole(init?: Partial<Role>): Role {
  if (init === undefined) return { name: EMPTY, keyPermission: [] };
  return {
    name: init.name ?? EMPTY,
    keyPermission: init.keyPermission ?? [],
  };
}

export function sizeRole(m: Role): number {
  let n = 0;
  if (m.name.length !== 0) n += 1 + sizeBytes(m.name);
  for (let i = 0; i < m.keyPermission.length; i++) n += 1 + sizeDelimited(sizePermission(m.keyPermission[i]!));
  return n;
}

export function writeRole(w: Writer, m: Role): void {
  if (m.name.length !== 0) {
    w.byte(10);
    w.bytes(m.name);
  }
  for (let i = 0; i < m.keyPermission.length; i++) {
    w.byte(18);
    const v = m.keyPermission[i]!;
    w.uint32(sizePermission(v)); writePermission(w, v);
  }
}

export function encodeRole(m: Role): Uint8Array {
  const size = sizeRole(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRole(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRole(r: Reader, end: number, depth: number, into?: Role): Role {
  if (depth < 0) tooDeep();
  let $name: Uint8Array = EMPTY;
  let $keyPermission: Permission[] = [];
  if (into !== undefined) {
    $name = into.name;
    $keyPermission = into.keyPermission;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.view(end);
        break;
      case 18:
        $keyPermission.push(readPermission(r, r.sub(end), depth - 1));
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, keyPermission: $keyPermission };
}

export function decodeRole(bytes: Uint8Array): Role {
  return readRole(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Role: MessageCodec<Role> = {
  typeName: "authpb.Role",
  since: undefined,
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "keyPermission", jsonName: "keyPermission", property: "keyPermission", number: 2, kind: "message", repeated: true, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => Permission as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createRole(),
  encode: encodeRole,
  decode: decodeRole,
};
