export { ListenError, type Listen, type ServeOptions, type Serving, serve } from "./serve.ts";
export {
  defaultServeOptions,
  type StartedMember,
  type StartMemberOptions,
  sha1,
  startMember,
  systemEnv,
} from "./start-member.ts";
