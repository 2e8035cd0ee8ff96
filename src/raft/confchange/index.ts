export {
  type ChangeBase,
  type Configuration,
  changeConfiguration,
  describeProgress,
  enterJoint,
  leaveJoint,
  simpleChange,
} from "./changer.ts";
export {
  asConfChangeV2,
  type ConfChangePlan,
  decodeConfChange,
  decodeConfChangeEntry,
  decodeConfChangeV2,
  encodeConfChange,
  encodeConfChangeEntry,
  encodeConfChangeV2,
  planOf,
} from "./codec.ts";
export { changeConfState, equivalent, restoreConfiguration } from "./restore.ts";
