#!/usr/bin/env bash
# Makes `docker compose up` possible on this machine, and does nothing where it is already so:
# an engine and compose where root may install them, and stand-in images only where no image registry answers.
. "$(dirname "$0")/say.sh"

"$offline/engine.sh"
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
  stand_ins="$(docker images -q --filter label=ticklake.stand-in | sort -u)"
  [ -z "$stand_ins" ] || docker rmi -f $stand_ins >/dev/null
else
  say "no image registry answers ($(tail -n 1 "$cache/logs/probe.log" | cut -c 1-120)): building stand-ins from packages"
  "$offline/images.sh"
fi
wait "$compose"
