export { isWalError, WalError, type WalErrorCode } from "./errors.ts";
