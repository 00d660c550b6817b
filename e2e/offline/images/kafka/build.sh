# Kafka's jars from Maven, with the official image's translation of KAFKA_* variables, which is in Kafka's own jar.
set -euo pipefail
mkdir -p "$CACHE"
cp -r "$(dirname "$0")"/. "$CACHE/"
cd "$CACHE"
[ -d libs ] || { mvn -q -B -f pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/libs.part" && mv libs.part libs; }
chmod +x bin/*.sh run
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" .
