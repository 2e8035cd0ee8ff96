import { describe, expect, it } from "vitest";
import { utf8 } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { type Command, decodeCommand, encodeCommand } from "./command.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(utf8(text));
const id = 0x1234_5678_9abc_def0n;
const put = rpc.createPutRequest({ key: bytes("k"), value: bytes("v"), lease: 7n });
const txn = rpc.createTxnRequest({ success: [rpc.createRequestOp({ request: { case: "requestPut", value: put } })] });
const deletion = rpc.createDeleteRangeRequest({ key: bytes("k") });
const commands: [Command, Uint8Array][] = [
  [{ kind: "put", value: put }, rpc.encodePutRequest(put)],
  [{ kind: "txn", value: txn }, rpc.encodeTxnRequest(txn)],
  [{ kind: "deleteRange", value: deletion }, rpc.encodeDeleteRangeRequest(deletion)],
];

describe("a command in the log", () => {
  it.each(commands)("%#: the bytes that came make the same entry as their value", (command, encoded) => {
    const entry = encodeCommand(id, command, undefined);
    expect(Buffer.from(encodeCommand(id, { ...command, encoded }, undefined))).toEqual(Buffer.from(entry));
    expect(decodeCommand(entry)).toEqual({ id, command, username: "", authRevision: 0 });
  });

  it.each(commands)("%#: has the name of whom it is from", (command, encoded) => {
    const entry = encodeCommand(id, { ...command, encoded }, { username: "root", authRevision: 3 });
    expect(decodeCommand(entry)).toEqual({ id, command, username: "root", authRevision: 3 });
  });

  it("keeps fields that nobody here knows, for members that do", () => {
    const unknown = Uint8Array.of(0xfa, 0x3f, 2, 0x68, 0x69);
    const encoded = Buffer.concat([rpc.encodePutRequest(put), unknown]);
    const entry = encodeCommand(id, { kind: "put", value: put, encoded }, undefined);
    expect(Buffer.from(entry).includes(Buffer.from(unknown))).toBe(true);
    expect(decodeCommand(entry)?.command).toEqual({ kind: "put", value: put });
  });
});
