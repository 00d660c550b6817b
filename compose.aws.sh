#!/usr/bin/env bash
# `make aws`: checks the way to AWS and to the broker, declares the table, and starts the three services in Docker.
# `compose.aws.sh down` (make aws-down) stops them; nothing on AWS is touched.
set -euo pipefail
cd "$(dirname "$0")"

env_file="${TICKLAKE_AWS_ENV_FILE:-.env.aws}"
# `make aws-destroy` takes the file with it: the services can be stopped all the same.
if [ ! -f "$env_file" ] && [ "${1:-up}" = down ]; then env_file=/dev/null; fi
if [ "$env_file" != /dev/null ] && [ ! -f "$env_file" ]; then
  printf 'error AWS_SETTINGS_MISSING: there is no %s; nothing was started\n' "$env_file" >&2
  printf '  why: it names the broker, the bucket and the region\n' >&2
  printf '  do:  make aws-deploy writes it; docs/aws.md says what to write for a broker of your own\n' >&2
  exit 1
fi

# Compose takes a variable from the shell before the file: an `eval` of the local stack's exports must not win.
for name in $(compgen -e | grep -E '^((KAFKA|LAKE|PRODUCER|CONSUMER|CATALOG)_|AWS_REGION$)' || true); do unset "$name"; done
# Profiles and password files are for their owner's eyes only, so the containers run as that owner.
[ "$(id -u)" = 0 ] || export TICKLAKE_USER="$(id -u):$(id -g)"

# On an instance whose role is its credentials there is no profile to mount: an empty folder takes its place.
if [ -z "${TICKLAKE_AWS_CONFIG_DIR:-}" ] && [ ! -d ~/.aws ] && ! grep -q '^TICKLAKE_AWS_CONFIG_DIR=' "$env_file"; then
  mkdir -p .local/aws/no-profile
  export TICKLAKE_AWS_CONFIG_DIR="$PWD/.local/aws/no-profile"
fi

compose() { docker compose --env-file "$env_file" -p ticklake-aws -f docker-compose.yml -f compose.aws.yml "$@"; }
catalog() { compose run --rm --no-deps catalog node catalog/main.ts "$@"; }

if [ "${1:-up}" = down ]; then
  compose down
  exit 0
fi
compose build
catalog doctor
catalog declare
compose up --wait
compose ps
