# Node.js 24 with its headers and npm, laid out as in the official image.
set -euo pipefail
mkdir -p "$CACHE/node" "$CACHE/npm"
case "$(uname -m)" in x86_64) arch=x64 openssl=linux-x86_64 ;; aarch64) arch=arm64 openssl=linux-aarch64 ;; esac
cd "$CACHE"
[ -s "node-linux-$arch-24.tgz" ] || mv "$(npm pack --silent "node-linux-$arch@24")" "node-linux-$arch-24.tgz"
[ -s npm-11.tgz ] || mv "$(npm pack --silent npm@11)" npm-11.tgz
tar -xzf "node-linux-$arch-24.tgz" -C node --strip-components 1
tar -xzf npm-11.tgz -C npm --strip-components 1
# As in the official image: OpenSSL's headers for other machines would be 60 MB.
find node/include/node/openssl/archs -mindepth 1 -maxdepth 1 ! -name "$openssl" -exec rm -rf {} +
cp "$(dirname "$0")/Dockerfile" .
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" .
rm -rf node npm
