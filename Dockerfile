# The four images of ticklake, one target each: producer, consumer, catalog, local-aws.
#   docker build --target consumer -t ticklake-consumer .
# The services have no build step: Node.js runs the sources. So an image is Node.js, production dependencies, and the
# folders that its service imports. Plain Dockerfile syntax only, so that every builder takes it.

# What a native addon is built with.
FROM node:24-bookworm-slim AS toolchain
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 make g++ \
      libcurl4-openssl-dev libsasl2-dev libssl-dev zlib1g-dev libzstd-dev liblz4-dev \
 && rm -rf /var/lib/apt/lists/*

# The native part of the Kafka client, once for all images: its published prebuilt where its hash is known and it can be
# fetched, else built from source. So one file serves closed networks, arm64, and releases of Node.js without a prebuilt. It
# hangs on nothing but the client's version (a lock file of its own), so that no other change builds it again.
FROM toolchain AS kafka-client
WORKDIR /build
COPY stack/kafka-client ./
RUN client=node_modules/@confluentinc/kafka-javascript \
 && npm ci --ignore-scripts --no-audit --no-fund \
 && CKJS_LINKING=dynamic npm_config_nodedir=/usr/local node install.mjs "$client" \
 && mkdir -p /addon && mv "$client/build" /addon/build && cd /addon/build \
 && rm -rf Release/obj.target Release/.deps deps/include deps/librdkafka && find . -name '*.a' -delete \
 && find . \( -name '*.node' -o -name '*.so.*' \) -type f -exec strip --strip-unneeded {} \; \
 && rm -rf /build

# The manifests alone, so that a change in a source file installs nothing again; only of the folders that go into images.
FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/contract/package.json packages/contract/
COPY packages/runtime/package.json packages/runtime/
COPY packages/kafka/package.json packages/kafka/
COPY packages/kafka-reader/package.json packages/kafka-reader/
COPY packages/aws/package.json packages/aws/
COPY packages/lake/package.json packages/lake/
COPY data/package.json data/
COPY producer/package.json producer/
COPY consumer/package.json consumer/
COPY catalog/package.json catalog/
COPY local-aws/package.json local-aws/

# What every image has; its user `node` comes with the base image.
FROM node:24-bookworm-slim AS service
WORKDIR /app
ENV NODE_ENV=production TZ=UTC LOG_FORMAT=json
LABEL org.opencontainers.image.vendor="ticklake" \
      org.opencontainers.image.version="0.3.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="node:24-bookworm-slim"
STOPSIGNAL SIGTERM
COPY LICENSE ./

# And what the native Kafka client links to.
FROM service AS kafka-service
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libsasl2-2 libcurl4 libssl3 zlib1g libzstd1 liblz4-1 \
 && rm -rf /var/lib/apt/lists/*

FROM manifests AS producer-dependencies
RUN npm ci --omit=dev --ignore-scripts --workspace=@ticklake/producer \
 && rm -rf node_modules/@confluentinc/kafka-javascript/deps \
 && find . \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete
FROM kafka-service AS producer
LABEL org.opencontainers.image.title="ticklake producer" \
      org.opencontainers.image.description="Market ticks from CSV or NDJSON into a Kafka topic"
COPY --from=producer-dependencies /app ./
COPY --from=kafka-client /addon node_modules/@confluentinc/kafka-javascript
COPY packages packages
COPY data data
COPY producer producer
ENV PRODUCER_HEALTH_HOST=0.0.0.0 PRODUCER_HEALTH_PORT=9101
EXPOSE 9101
HEALTHCHECK --interval=3s --timeout=30s --start-period=5m --retries=5 \
  CMD bash packages/runtime/health-check.sh "$PRODUCER_HEALTH_PORT" /readyz
USER node
CMD ["node", "producer/main.ts", "run"]

# jemalloc instead of glibc's malloc, and one thread for V8's garbage collector: a fifth less CPU a record together.
FROM manifests AS consumer-dependencies
RUN npm ci --omit=dev --ignore-scripts --workspace=@ticklake/consumer \
 && rm -rf node_modules/@confluentinc/kafka-javascript/deps \
 && find . \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete
FROM kafka-service AS consumer
LABEL org.opencontainers.image.title="ticklake consumer" \
      org.opencontainers.image.description="A Kafka topic into Parquet objects on S3, exactly once"
RUN apt-get update && apt-get install -y --no-install-recommends libjemalloc2 && rm -rf /var/lib/apt/lists/*
COPY --from=consumer-dependencies /app ./
COPY --from=kafka-client /addon node_modules/@confluentinc/kafka-javascript
COPY packages packages
COPY consumer consumer
ENV CONSUMER_HEALTH_HOST=0.0.0.0 CONSUMER_HEALTH_PORT=9102 LD_PRELOAD=libjemalloc.so.2
EXPOSE 9102
HEALTHCHECK --interval=3s --timeout=30s --start-period=5m --retries=5 \
  CMD bash packages/runtime/health-check.sh "$CONSUMER_HEALTH_PORT" /readyz
USER node
CMD ["node", "--single-threaded-gc", "consumer/main.ts", "run"]

# The page is the one thing that is built: its sources become a folder of files that the catalog serves.
FROM manifests AS page
RUN npm ci --ignore-scripts --workspace=@ticklake/catalog
COPY tsconfig.json ./
COPY packages packages
COPY catalog catalog
RUN npm run build --workspace=@ticklake/catalog --if-present && mkdir -p catalog/dashboard/web/dist

FROM manifests AS catalog-dependencies
RUN npm ci --omit=dev --ignore-scripts --workspace=@ticklake/catalog \
 && rm -rf node_modules/@confluentinc/kafka-javascript/deps \
 && find . \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete
FROM kafka-service AS catalog
LABEL org.opencontainers.image.title="ticklake catalog" \
      org.opencontainers.image.description="The lake's Glue table, partitions, queries, audit and page"
COPY --from=catalog-dependencies /app ./
COPY --from=kafka-client /addon node_modules/@confluentinc/kafka-javascript
COPY packages packages
COPY catalog catalog
COPY --from=page /app/catalog/dashboard/web/dist catalog/dashboard/web/dist
ENV CATALOG_HEALTH_HOST=0.0.0.0 CATALOG_HEALTH_PORT=9103 CATALOG_PAGE_HOST=0.0.0.0 CATALOG_PAGE_PORT=8080
EXPOSE 8080 9103
HEALTHCHECK --interval=3s --timeout=30s --start-period=5m --retries=5 \
  CMD bash packages/runtime/health-check.sh "$CATALOG_HEALTH_PORT" /readyz
USER node
CMD ["node", "catalog/main.ts", "serve"]

FROM manifests AS local-aws-dependencies
RUN npm ci --omit=dev --ignore-scripts --workspace=@ticklake/local-aws \
 && find . \( -name '*.d.ts' -o -name '*.map' -o -name '*.md' \) -delete
FROM service AS local-aws
LABEL org.opencontainers.image.title="ticklake local-aws" \
      org.opencontainers.image.description="One local AWS endpoint: Athena over Trino, a Glue Data Catalog, and S3 passed through"
COPY --from=local-aws-dependencies /app ./
COPY packages packages
COPY local-aws local-aws
RUN mkdir -p /var/lib/local-aws && chown node:node /var/lib/local-aws
VOLUME /var/lib/local-aws
ENV LOCAL_AWS_HOST=0.0.0.0 LOCAL_AWS_PORT=4566 LOCAL_AWS_DATA_DIR=/var/lib/local-aws
EXPOSE 4566
HEALTHCHECK --interval=3s --timeout=30s --start-period=5m --retries=5 \
  CMD bash packages/runtime/health-check.sh "$LOCAL_AWS_PORT" /_ticklake/health
USER node
CMD ["node", "local-aws/main.ts"]
