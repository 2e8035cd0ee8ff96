import type { Logger } from "../../base/index.ts";
import { type Notifier, SystemdNotifier, silentNotifier, watchdogMs } from "./notifier.ts";
import { ProgramChannel, SocketChannel } from "./notify-channel.ts";

/** Words of `bin/notify.sh` for a launcher that found neither Perl nor Python. */
const noInterpreter = "none";

/** The notifier of this process, by its environment. `notify` is what the launcher told of the socket, see `Installation`. */
export function systemNotifier(notify: string | undefined, logger: Logger): Notifier {
  if (!process.env.NOTIFY_SOCKET) return announcing(silentNotifier, logger);
  const every = (periodMs: number, run: () => void): void => void setInterval(run, periodMs).unref();
  const wanted = watchdogMs(process.env, process.pid);
  if (notify !== undefined && /^[0-9]+$/.test(notify)) {
    return new SystemdNotifier(new SocketChannel(Number(notify)), wanted, logger, every);
  }
  if (notify !== undefined && notify !== noInterpreter) {
    logger.error("failed to notify systemd for readiness", { error: notify });
    return silentNotifier;
  }
  logger.warn(
    "this process cannot send to the service manager itself; systemd-notify does, which needs NotifyAccess=all in the unit",
    { reason: notify === undefined ? "not started by its launcher" : "neither perl nor python3 is installed" },
  );
  return new SystemdNotifier(new ProgramChannel(), wanted, logger, every);
}

/** etcd logs these lines with and without a service manager. */
function announcing(notifier: Notifier, logger: Logger): Notifier {
  return {
    ...notifier,
    ready() {
      logger.info("notifying init daemon");
      logger.info("successfully notified init daemon");
    },
  };
}
