# MiniStack from PyPI; the official image carries more services, the project uses S3, STS, IAM and CloudFormation.
set -euo pipefail
mkdir -p "$CACHE"
cp "$(dirname "$0")/Dockerfile" "$PROJECT/stack/python/requirements.txt" "$CACHE/"
DOCKER_BUILDKIT=0 docker build --label "ticklake.stand-in=$HASH" -t "$IMAGE" "$CACHE"
