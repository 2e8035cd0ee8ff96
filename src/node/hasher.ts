import bcrypt from "bcryptjs";
import type { PasswordHasher } from "../state/auth/index.ts";

/** bcrypt in JavaScript; the asynchronous calls give way to the event loop between rounds. */
export const bcryptHasher: PasswordHasher = {
  hash: (password, cost) => bcrypt.hash(password, cost),
  hashSync: (password, cost) => bcrypt.hashSync(password, cost),
  compare: (password, hash) => bcrypt.compare(password, hash),
};
