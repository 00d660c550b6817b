# Trino's core server with its Hive and Iceberg connectors from Maven; the official image holds every other plugin as well.
set -euo pipefail
mkdir -p "$CACHE"
cp -r "$(dirname "$0")"/. "$CACHE/"
cd "$CACHE"
. "$PROJECT/e2e/offline/artifacts.sh"
[ -s archives/trino-iceberg-476.jar ] || {
  rm -rf archives.part
  mvn -q -B --strict-checksums -f "$PROJECT/stack/trino/pom.xml" dependency:copy-dependencies -DoutputDirectory="$PWD/archives.part"
  rm -rf archives
  mv archives.part archives
}
check_artifacts "$PROJECT/stack/trino/artifacts.sha256" archives
rm -rf server
mkdir -p server/plugin
tar -xzf archives/trino-server-core-476.tar.gz -C server --strip-components 1
python3 -m zipfile -e archives/trino-hive-476.zip server/plugin
mv server/plugin/trino-hive-476 server/plugin/hive
# What only other clouds and caches need: half the size.
rm -f server/plugin/hive/{azure-,google-cloud-,gcs-connector,grpc-,alluxio-,rocksdbjni}*.jar
# As stack/install.ts does it: both connectors are one plugin.
cp archives/*.jar server/plugin/hive/
mkdir -p server/plugin/hive/iceberg-services/META-INF/services
echo io.trino.plugin.iceberg.IcebergPlugin >server/plugin/hive/iceberg-services/META-INF/services/io.trino.spi.Plugin
chmod +x run-trino health-check
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" .
rm -rf server
