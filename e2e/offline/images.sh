#!/usr/bin/env bash
# Builds stand-ins for the third-party images under their official names, from package registries alone.
# An image carries the hash of what it was built from; one that is still right is not built again.
. "$(dirname "$0")/say.sh"

[ "$(id -u)" = 0 ] || fail 'stand-in images can be built by root only (debootstrap)' 'run as root, or make an image registry reachable'
need mvn 'apt-get install maven'
need npm 'Node.js 20 or newer'
need python3 'apt-get install python3 python3-pip'
python3 -m pip --version >/dev/null 2>&1 || missing+=('pip (apt-get install python3-pip)')
missing_stops
if ! command -v debootstrap >/dev/null; then
  step apt-update 'reading the lists of packages' apt-get update -q
  step debootstrap 'installing debootstrap' env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends debootstrap
fi

# image FOLDER NAME PARENT_FOLDER [LIST_OF_THE_PROJECT...]
declare -A hash
image() {
  local folder="$1" name="$2" parent="$3"
  local lists=("${@:4}")
  lists=("${lists[@]/#/$project/}")
  hash[$folder]="$(cd "$offline/images/$folder" && { find . -type f | LC_ALL=C sort | xargs cat "${lists[@]}"; echo "${hash[$parent]:-}"; } | sha256sum | cut -c 1-16)"
  local there
  there="$(docker image inspect "$name" --format '{{index .Config.Labels "ticklake.stand-in"}}' 2>/dev/null || true)"
  [ "$there" = "${hash[$folder]}" ] && return 0
  step "image-$folder" "building the stand-in of $name" \
    env PROJECT="$project" IMAGE="$name" HASH="${hash[$folder]}" CACHE="$cache/$folder" bash "$offline/images/$folder/build.sh"
}

# Two at a time: one half downloads while the other compiles.
servers() {
  image java ticklake-stand-in/java:25 debian stack/python/java.txt
  image kafka apache/kafka:4.3.1 java
  image ministack ministackorg/ministack:1.5.33 debian stack/python/requirements.txt
  image trino trinodb/trino:476 java stack/trino/artifacts.sha256
}
services() {
  image node node:24-bookworm-slim debian stack/node/node-linux-{x64,arm64}/package-lock.json
  # Compose without buildx builds the images side by side: each would build for itself what another has not cached yet.
  # This builder goes through every stage above its target, and local-aws is the last one.
  step project 'building the four images of this project' env DOCKER_BUILDKIT=0 docker build --target local-aws "$project"
}
image debian debian:bookworm-slim -
servers &
# Also where the other half fails: nothing goes on unseen.
trap wait EXIT
services
wait $!
# On top of both halves; a test builds it again, and finds each layer here.
step local-aws 'building the image of the AWS endpoint with its engines' \
  env DOCKER_BUILDKIT=0 docker build --file "$project/local-aws/Dockerfile" --tag ticklake-aws "$project"
say 'every stand-in is here'
