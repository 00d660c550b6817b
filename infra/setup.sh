#!/usr/bin/env bash
# Brings cfn-lint, checkov and the AWS CLI into .local/venv-infra, once for each requirements.txt: about a minute, 470 MB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=.local/venv-infra
wanted=$(cksum <infra/requirements.txt)
is_complete() { [ "$(cat "$venv/complete" 2>/dev/null)" = "$wanted" ]; }
if is_complete; then exit 0; fi
# Tests that run at the same time all ask for it: the second waits for the first.
mkdir -p .local
if command -v flock >/dev/null 2>&1; then
  exec 9>.local/venv-infra.lock
  flock 9
  if is_complete; then exit 0; fi
fi
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  echo 'infra/setup.sh: python3 with venv is missing: apt-get install python3-venv' >&2
  exit 1
fi
echo 'setting up cfn-lint, checkov and the AWS CLI (from PyPI, about a minute) ...' >&2
python3 -m venv --clear "$venv"
# What is imported is compiled then: of all that these packages bring it is a small part.
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-input --no-compile --require-hashes \
  --only-binary :all: -r infra/requirements.txt
# A folder for PATH with nothing else in it: the Python beside it is nobody's business.
mkdir "$venv/cli" && ln -s ../bin/aws "$venv/cli/aws"
echo "$wanted" >"$venv/complete"
