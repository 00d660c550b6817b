# Kafka's jars from Maven, with the official image's translation of KAFKA_* variables, which is in Kafka's own jar.
set -euo pipefail
mkdir -p "$CACHE"
cp -r "$(dirname "$0")"/. "$CACHE/"
cd "$CACHE"
. "$PROJECT/e2e/offline/artifacts.sh"
[ -d libs ] || {
  rm -rf libs.part
  mvn -q -B --strict-checksums -f pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/libs.part"
  mv libs.part libs
}
check_artifacts artifacts.sha256 libs
chmod +x bin/*.sh run
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" .
