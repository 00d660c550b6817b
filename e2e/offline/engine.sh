#!/usr/bin/env bash
# A Docker engine that answers: the one that is there, or Debian's, installed and started where root may.
# `engine.sh stop` stops only an engine that was started here.
. "$(dirname "$0")/say.sh"

pid_file="$cache/dockerd.pid"

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

if [ "${1:-start}" = stop ]; then
  # The number of one that crashed may be another's by now.
  if [ -s "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = dockerd ]; then
    kill "$(cat "$pid_file")"
    for _ in $(seq 100); do [ -s "$pid_file" ] || break; sleep 0.2; done
    [ ! -s "$pid_file" ] || fail 'the Docker engine did not stop within 20 s' 'read .local/offline/logs/dockerd.log'
    say 'the Docker engine that was started here is stopped'
  else
    say 'no Docker engine was started here'
  fi
  exit 0
fi

answers && exit 0

[ "$(id -u)" = 0 ] || fail 'no Docker engine answers, and only root may start one' \
  'start Docker (Docker Desktop, or: sudo systemctl start docker) and see that `docker version` answers'

if ! command -v dockerd >/dev/null; then
  command -v apt-get >/dev/null || fail 'no Docker engine is installed' 'install Docker for your system, then run this again'
  step apt-update 'reading the lists of packages' apt-get update -q
  step engine 'installing the Docker engine' env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends docker.io iptables
fi

say 'starting the Docker engine ...'
# Its own session, so that it outlives this script and the terminal.
setsid dockerd --storage-driver=overlay2 --pidfile "$pid_file" >"$cache/logs/dockerd.log" 2>&1 </dev/null &
for _ in $(seq 120); do
  answers && break
  sleep 0.25
done
answers || {
  tail -n 5 "$cache/logs/dockerd.log" >&2
  fail 'the Docker engine did not answer within 30 s' 'read .local/offline/logs/dockerd.log'
}
say "the Docker engine answers ($(docker version --format '{{.Server.Version}}'))"
