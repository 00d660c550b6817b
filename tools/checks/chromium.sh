#!/usr/bin/env bash
# The browser for the dashboard's tests and the pictures: the machine's own, or Debian's package if root may install
# it. Only `make test` and `make pictures` need it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for path in "${CHROMIUM_PATH:-}" /usr/bin/chromium /usr/bin/google-chrome; do
  if [ -n "$path" ] && [ -x "$path" ]; then exit 0; fi
done

say() { printf '%s\n' "$*" >&2; }
fail() {
  say 'error CHROMIUM_MISSING: the tests of the page have no browser; nothing was tested'
  say "  why: $1"
  say '  do:  apt-get install chromium (as root), or set CHROMIUM_PATH to a Chromium or Chrome'
  exit 1
}

if ! command -v apt-get >/dev/null 2>&1; then fail 'this system has no apt-get'; fi
if [ "$(id -u)" -ne 0 ]; then fail 'only root can install it'; fi

log=.local/logs/chromium.log
mkdir -p .local/logs
begun=$SECONDS
say '  Chromium, for the tests of the page (about 100 MB) ...'
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  fail "apt-get could not install it; $log says more"
fi
say "  Chromium: $((SECONDS - begun)) s"
