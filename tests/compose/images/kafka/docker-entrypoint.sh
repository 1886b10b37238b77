#!/bin/bash
# KAFKA_* variables become server.properties, as in the official image: _ is a dot, __ an underscore, ___ a dash.
set -eufo pipefail

settings=/tmp/server.properties
while IFS='=' read -r -d '' name value; do
    case "$name" in
        KAFKA_HEAP_OPTS | KAFKA_OPTS | KAFKA_JVM* | KAFKA_LOG4J*) ;;
        KAFKA_*)
            name=${name#KAFKA_} name=${name//___/-} name=${name//__/%} name=${name//_/.} name=${name//%/_}
            echo "${name,,}=$value"
            ;;
    esac
done < <(env -0) >"$settings"
# shellcheck disable=SC2086 (the options are several words)
java() { command java ${KAFKA_HEAP_OPTS:-} ${KAFKA_JVM_PERFORMANCE_OPTS:-} -cp '/opt/kafka/libs/*' "$@"; }
java kafka.tools.StorageTool format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$settings" >/dev/null
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:-} ${KAFKA_JVM_PERFORMANCE_OPTS:-} -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml \
    -cp '/opt/kafka/libs/*' kafka.Kafka "$settings"
