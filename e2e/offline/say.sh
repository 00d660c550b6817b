# What every script of this folder shares: where downloads are kept, and progress with seconds. Sourced, never run.
set -euo pipefail
offline="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
project="$(cd "$offline/../.." && pwd)"
cache="$project/.local/offline"
mkdir -p "$cache/logs"

# Ctrl-C ends what runs in the background too, which a shell keeps from hearing it.
trap 'trap "" TERM; kill -TERM 0; exit 130' INT

say() { printf 'offline: %s\n' "$*" >&2; }

# fail WHAT REMEDY
fail() {
  printf 'error %s\n  do:  %s\n' "$1" "$2" >&2
  exit 1
}

# step NAME WORDS COMMAND...  runs the command with its output in a log file and tells how long it took.
step() {
  local name="$1" words="$2" start=$SECONDS
  shift 2
  say "$words ..."
  if ! "$@" >"$cache/logs/$name.log" 2>&1; then
    tail -n 20 "$cache/logs/$name.log" >&2
    fail "$words failed after $((SECONDS - start)) s" "read .local/offline/logs/$name.log, then run this again: it goes on where it was"
  fi
  say "$words: $((SECONDS - start)) s"
}

# need COMMAND HOW...  remembers what is missing, so that all of it is named at once by missing_stops.
missing=()
need() { command -v "$1" >/dev/null || missing+=("$1 ($2)"); }
missing_stops() {
  [ ${#missing[@]} -eq 0 ] || fail "the stand-in images cannot be built without: $(printf '%s; ' "${missing[@]}")" "install them, or make an image registry reachable"
}
