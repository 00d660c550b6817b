#!/usr/bin/env bash
# Runs a class of Kafka's; its console tools are the other files of this folder.
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_JVM_PERFORMANCE_OPTS:-} ${KAFKA_OPTS:-} \
  ${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/etc/kafka/docker/tools-log4j2.yaml} -cp '/opt/kafka/libs/*' "$@"
