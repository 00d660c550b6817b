#!/usr/bin/env bash
# Makes `docker compose up` possible on this machine, and does nothing where it is already so:
# an engine and compose where root may install them, and stand-in images only where no image registry answers.
. "$(dirname "$0")/say.sh"

# Two at once would share downloads and builds: the second waits for the first.
if command -v flock >/dev/null; then
  exec 9>"$cache/lock"
  flock 9
fi
# The engine outlives this script, and must not keep the lock.
"$offline/engine.sh" 9>&-
# Beside the rest, which has no need of it. Also where the rest fails its end is waited for: nothing goes on unseen.
"$offline/compose.sh" &
compose=$!
trap wait EXIT

# The honest question is whether the engine can pull what the project's Dockerfile starts from.
probe='node:24-bookworm-slim'
label="$(docker image inspect "$probe" --format '{{index .Config.Labels "ticklake.stand-in"}}' 2>/dev/null || echo none)"
if [ "$label" = '' ]; then
  say "the official $probe is here: official images are used"
elif timeout 120 docker pull -q "$probe" >"$cache/logs/probe.log" 2>&1; then
  say "an image registry answers: official images are used"
  # Stand-ins of an earlier day carry official names and would be taken for them.
  # One that others are built on goes after them: as often as it takes, and as long as some go.
  left='' before=none
  while left="$(docker images -aq --filter label=ticklake.stand-in | sort -u)" && [ "$left" != "$before" ] && [ -n "$left" ]; do
    docker rmi -f $left >>"$cache/logs/probe.log" 2>&1 || true
    before="$left"
  done
  [ -z "$left" ] || fail 'stand-ins of an earlier day are still in use' "end what runs on them (docker ps), then run this again: $left"
else
  say "no image registry answers ($(tail -n 1 "$cache/logs/probe.log" | cut -c 1-120)): building stand-ins from packages"
  "$offline/images.sh"
fi
wait "$compose"
