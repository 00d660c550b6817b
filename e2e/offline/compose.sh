#!/usr/bin/env bash
# Compose v2 as a plugin of the Docker command: the one that is there, or built from its Go module.
. "$(dirname "$0")/say.sh"

docker compose version >/dev/null 2>&1 && exit 0

# 5.5.1 is the newest release that builds with Go 1.26.
version=v5.5.1
# The module's hash as go.sum has them; those of what it is built with are in its own go.sum.
sum='h1:saWlMxB0tfQ+FVUlWGIUjLvR0jF5cfTU18KI5zKLD/M='
plugin="$cache/docker-compose-$version"

# Joined by &&: within `if`, where step runs it, bash goes on after a line that fails.
build() {
  local source="$cache/compose-source"
  local module
  rm -rf "$source" "$plugin.part"
  # `go install` refuses a module with `exclude` lines, so a writable copy is built.
  (cd "$cache" && go mod download -json "github.com/docker/compose/v5@$version") >"$cache/compose-module.json" &&
    { grep -qF "\"Sum\": \"$sum\"" "$cache/compose-module.json" ||
      { echo "the module is not the one of $sum:"; cat "$cache/compose-module.json"; false; }; } &&
    module="$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' "$cache/compose-module.json")" &&
    cp -r "$module" "$source" &&
    chmod -R u+w "$source" &&
    (cd "$source" && CGO_ENABLED=0 go build -trimpath \
      -ldflags "-s -w -X github.com/docker/compose/v5/internal.Version=$version" -o "$plugin.part" ./cmd) &&
    mv "$plugin.part" "$plugin" &&
    rm -rf "$source"
}

if [ ! -x "$plugin" ]; then
  command -v go >/dev/null || fail 'docker compose is not installed' \
    'install the Docker Compose plugin (v2 or newer), or Go 1.26 so that it can be built here'
  step compose "building docker compose $version" build
fi
mkdir -p ~/.docker/cli-plugins
cp "$plugin" ~/.docker/cli-plugins/docker-compose
say "docker compose $(docker compose version --short) is installed for $(id -un)"
