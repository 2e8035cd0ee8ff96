# Read by the servers' launchers when a service manager wants to hear from them (sd_notify); "$@" is the command that starts Node.
# Node cannot make a unix datagram socket, and systemd hears the main process alone: so Perl or Python makes the socket, connects
# it and becomes Node, which inherits it. Tells Node in QUORATE_NOTIFY the descriptor's number, or why there is none.
# docs/decisions/0005-notify.md has the reasons.

if command -v perl >/dev/null; then
  # The numbers are Linux's, which alone has systemd: small installations of Perl have no Socket.pm.
  PERL_BADLANG=0 exec perl -e '
    my ($AF_UNIX, $SOCK_DGRAM, $F_SETFL, $O_NONBLOCK) = (1, 2, 4, 04000);
    delete $ENV{PERL_BADLANG};
    my $path = my $name = $ENV{NOTIFY_SOCKET};
    $name =~ s/^@/\0/;
    $^F = 255; # Descriptors up to this one survive exec.
    my $socket;
    if (socket($socket, $AF_UNIX, $SOCK_DGRAM, 0) && connect($socket, pack("S a*", $AF_UNIX, $name))) {
      fcntl($socket, $F_SETFL, $O_NONBLOCK);
      $ENV{QUORATE_NOTIFY} = fileno($socket);
    } else {
      $ENV{QUORATE_NOTIFY} = "dial unixgram $path: connect: " . lcfirst($!);
    }
    exec { $ARGV[0] } @ARGV or die "exec: $ARGV[0]: $!\n";
  ' "$@"
elif command -v python3 >/dev/null; then
  exec python3 -ISc '
import os, socket, sys
path = os.environ["NOTIFY_SOCKET"]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
try:
    notify.connect("\0" + path[1:] if path.startswith("@") else path)
    notify.set_inheritable(True)
    os.environ["QUORATE_NOTIFY"] = str(notify.fileno())
except OSError as fault:
    why = os.strerror(fault.errno).lower() if fault.errno else str(fault)
    os.environ["QUORATE_NOTIFY"] = "dial unixgram %s: connect: %s" % (path, why)
os.execvp(sys.argv[1], sys.argv[1:])
  ' "$@"
fi
export QUORATE_NOTIFY=none
