import { Http2Code, Http2Error } from "./errors.ts";
import { DEFAULT_FRAME_BYTES, FRAME_BYTES_MAX, Setting, WINDOW_BYTES_MAX } from "./frames.ts";

/**
 * The values a setting may have (RFC 9113 6.5.2). Unknown settings may have any, and are to be ignored.
 * @throws Http2Error
 */
export function checkSetting(name: number, value: number, saidByServer: boolean): void {
  switch (name) {
    case Setting.EnablePush:
      // A server must not even say 1, let alone anything else.
      if (value > 1 || (saidByServer && value !== 0)) {
        throw new Http2Error(Http2Code.PROTOCOL_ERROR, "SETTINGS_ENABLE_PUSH");
      }
      break;
    case Setting.InitialWindowSize:
      if (value > WINDOW_BYTES_MAX) {
        throw new Http2Error(Http2Code.FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE");
      }
      break;
    case Setting.MaxFrameSize:
      if (value < DEFAULT_FRAME_BYTES || value > FRAME_BYTES_MAX) {
        throw new Http2Error(Http2Code.PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE");
      }
      break;
    default:
  }
}
