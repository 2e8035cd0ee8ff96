// What the programs of bin/ call: `require("./launch.cjs").launch("server", "etcd")`. Read by every Node, see node-version.cjs.
"use strict";

exports.launch = function (bundle, program) {
  require("./node-version.cjs").checkProgram(program);
  var env = process.env;
  if (bundle === "server" && env.NOTIFY_SOCKET && env.QUORATE_NOTIFY === undefined) connectToServiceManager(env);
  require("./run.cjs").run(bundle, program);
};

/**
 * Has the process begin anew with a socket to the service manager, as the launchers of bin/ do: this one was started past them
 * (`node bin/etcd`). Returns where Node cannot do that, which is before 22.15; the program then looks for another way.
 */
function connectToServiceManager(env) {
  if (typeof process.execve !== "function") return;
  var again = [process.execPath].concat(process.execArgv, process.argv.slice(1));
  var words = ["sh", "-c", '. "$0"; exec "$@"', require("path").join(__dirname, "notify.sh")].concat(again);
  try {
    process.execve("/bin/sh", words, Object.assign({}, env));
  } catch (error) {
    // No shell: as before 22.15.
  }
}
