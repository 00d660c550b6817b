#!/usr/bin/env bash
# Writes every list of hashes again, from what the registries serve now: `make pins`, after a version was changed on
# purpose. Look at the difference before you commit it: a hash that changed without its version is an alarm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '%s\n' "$*" >&2; }

# ---- PyPI: the hashes of every file of each version, so that one list serves Linux and macOS on both processors. ----
venv=.local/venv-pins
if [ "$(cat "$venv/complete" 2>/dev/null)" != "$(cksum <stack/python/uv.txt)" ]; then
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input --require-hashes -r stack/python/uv.txt
  cksum <stack/python/uv.txt >"$venv/complete"
fi
clients=(tools/conformance/python/{aws-cli,pyathena,awswrangler,dbt} examples/{local-aws/python/,,streamlit-}requirements)
for list in stack/python/{requirements,java,uv} infra/requirements infra/instance-like/requirements "${clients[@]}"; do
  say "pins: $list.txt"
  # From nothing: without --output-file it prefers no version that is there already.
  "$venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
    --custom-compile-command 'make pins' "$list.in" >"$scratch/list"
  mv "$scratch/list" "$list.txt"
done

say 'pins: tools/conformance/python/dbt-athena-sdist.txt'
"$venv/bin/uv" pip compile --quiet --no-deps --generate-hashes --no-annotate --custom-compile-command 'make pins' \
  tools/conformance/python/dbt-athena-sdist.in >"$scratch/list"
mv "$scratch/list" tools/conformance/python/dbt-athena-sdist.txt

# ---- Maven Central, by a local repository of its own: what this machine has kept is not what is to be written down. ----
maven() {
  mvn -q -B --strict-checksums -Dmaven.repo.local="$scratch/repository" -f "$1/pom.xml" \
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:$2" -DincludeScope=runtime "${@:3}"
}
for folder in stack/kafka stack/trino e2e/offline/images/kafka; do
  say "pins: $folder/artifacts.sha256"
  rm -rf "$scratch/files"
  maven "$folder" list -DoutputFile="$scratch/coordinates"
  maven "$folder" copy-dependencies -DoutputDirectory="$scratch/files"
  {
    echo '# SHA-256 and coordinates of every artefact that pom.xml asks for; made by `make pins`.'
    # Lines like `   group:artifact:type[:classifier]:version:scope -- module ...`
    sed -n 's/^ *\([^ :]*:[^ ]*\):[a-z]*\( .*\)\{0,1\}$/\1/p' "$scratch/coordinates" | LC_ALL=C sort -u |
      while IFS= read -r coordinates; do
        IFS=: read -r -a part <<<"$coordinates"
        file=${part[1]}-${part[-1]}
        if [ ${#part[@]} -eq 5 ]; then file+=-${part[3]}; fi
        file+=.${part[2]}
        printf '%s  %s\n' "$(sha256sum <"$scratch/files/$file" | cut -d ' ' -f 1)" "$coordinates"
      done
  } >"$scratch/list"
  mv "$scratch/list" "$folder/artifacts.sha256"
done

# ---- npm: the lists that stand beside package-lock.json. ----
for folder in stack/node/* stack/kafka-client e2e/offline/images/node; do
  say "pins: $folder/package-lock.json"
  # --force: also for the processor that this is not.
  (cd "$folder" && rm -f package-lock.json &&
    npm install --package-lock-only --force --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --silent)
done
say 'pins: done. The sums of Kafka’s archive, of compose and of the client’s prebuilts are added by hand: docs/dependencies.md'
