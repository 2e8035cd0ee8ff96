// What the programs of bin/ call: `require("./launch.cjs").launch("server", "etcd")`. Old Nodes must be able to read it, too: see
// node-version.cjs.

/** Programs of Go take note of these and go on. Node would die of them, or open a debugger: they are taken before all else. */
const harmless = ["USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "XFSZ", "IO", "PWR"];

exports.launch = (bundle, program) => {
  require("./node-version.cjs").checkProgram(program);
  const env = process.env;
  // What was ignored stays ignored, as in Go: Node forgets it.
  const ignored = (env.QUORATE_IGNORED || "").split("-").filter(Boolean);
  harmless.concat(ignored).forEach((name) => {
    process.on(`SIG${name}`, () => {});
  });
  if (bundle === "server" && env.NOTIFY_SOCKET && env.QUORATE_NOTIFY === undefined) connectToServiceManager(env);
  const notify = env.QUORATE_NOTIFY;
  // Meant for this process and not for its children.
  delete env.QUORATE_IGNORED;
  delete env.QUORATE_NOTIFY;
  require("./run.cjs").run(bundle, program, notify);
};

/**
 * Has the process begin anew with a socket to the service manager, as the launchers of bin/ do: this one was started past them
 * (`node bin/etcd`). Returns where Node cannot do that, which is before 22.15; the program then looks for another way.
 */
function connectToServiceManager(env) {
  if (typeof process.execve !== "function") return;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const words = ["sh", "-c", '. "$0"; exec "$@"', `${__dirname}/notify.sh`, ...again];
  try {
    process.execve("/bin/sh", words, { ...env });
  } catch {
    // No shell: as before 22.15.
  }
}
