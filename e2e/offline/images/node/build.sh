# Node.js 24 with its headers and npm, laid out as in the official image.
set -euo pipefail
case "$(uname -m)" in x86_64) arch=x64 openssl=linux-x86_64 ;; aarch64) arch=arm64 openssl=linux-aarch64 ;; esac
# Each by the hash in its package-lock.json; npm keeps what it has fetched, so that this is quick the next time.
fetch() {
  rm -rf "$CACHE/$2"
  mkdir -p "$CACHE/fetched"
  cp "$1/package.json" "$1/package-lock.json" "$CACHE/fetched/"
  npm ci --loglevel error --prefix "$CACHE/fetched" --ignore-scripts --no-audit --no-fund
  mv "$CACHE/fetched/node_modules/$3" "$CACHE/$2"
  rm -rf "$CACHE/fetched"
}
fetch "$PROJECT/stack/node/node-linux-$arch" node "node-linux-$arch"
fetch "$(dirname "$0")" npm npm
# As in the official image: OpenSSL's headers for other machines would be 60 MB.
find "$CACHE/node/include/node/openssl/archs" -mindepth 1 -maxdepth 1 ! -name "$openssl" -exec rm -rf {} +
cp "$(dirname "$0")/Dockerfile" "$CACHE/"
cd "$CACHE"
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" .
rm -rf node npm
