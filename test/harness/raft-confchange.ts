/** Scenario commands that change one membership after the other: `simple`, `enter-joint`, `leave-joint`. */
import {
  type ChangeBase,
  describeProgress,
  enterJoint,
  leaveJoint,
  Membership,
  parseChanges,
  RaftError,
  simpleChange,
} from "../../src/raft/index.ts";
import { type Handler, soleValueOf } from "./datadriven.ts";

/** A handler that starts without members; the last index rises with each command. */
export function raftConfChange(): Handler {
  let base: ChangeBase = {
    membership: new Membership(),
    progress: new Map(),
    lastIndex: 0,
    maxInflight: 10,
    maxInflightBytes: Number.POSITIVE_INFINITY,
  };
  return (directive) => {
    const changes = parseChanges(directive.input);
    if (changes === undefined) return `unknown input: ${directive.input}`;
    const change = () => {
      switch (directive.command) {
        case "simple":
          return simpleChange(base, changes);
        case "enter-joint":
          return enterJoint(base, soleValueOf(directive, "autoleave", "false") === "true", changes);
        case "leave-joint":
          return leaveJoint(base);
        default:
          return new RaftError("ConfChangeInvalid", "unknown command");
      }
    };
    const changed = change();
    base = { ...base, lastIndex: base.lastIndex + 1 };
    if (changed instanceof RaftError) return changed.detail;
    base = { ...base, ...changed };
    return `${base.membership}\n${describeProgress(base.progress)}`;
  };
}
