#!/bin/bash
# Turns a bare Amazon Linux 2023 instance into the broker: one Kafka in KRaft mode that admits named users by
# SASL_SSL. The stack's user data runs it at an instance's first boot; running it again does no harm, and on an
# instance that replaces another it takes over the address, the log and the certificate authority.
# Settings, all explained in template/broker.yaml, come from the environment or from /etc/ticklake/broker.env.
set -euo pipefail
umask 077

settings=/etc/ticklake/broker.env
set -a
# shellcheck source=/dev/null
[ ! -r "$settings" ] || . "$settings"
set +a
: "${BROKER_HOST:?}" "${BROKER_IP:?}" "${KAFKA_ARCHIVE_URL:?}" "${KAFKA_ARCHIVE_SHA512:?}" "${KAFKA_TOPIC:?}"
: "${LOG_RETENTION_HOURS:?}" "${PASSWORD_SECRETS:?}" "${CA_PARAMETER:?}"
port=${BROKER_PORT:-9093}
data=/var/lib/kafka # the volume that outlives the instance
etc=/etc/kafka
scratch=/run/ticklake # in memory: passwords pass through here

say() { echo "broker-boot: $*" >&2; }

# Freshly made roles, volumes and addresses take a while until every AWS service knows them.
patiently() {
  local _try
  for _try in $(seq 60); do
    if "$@"; then return 0; fi
    sleep 5
  done
  say "gave up after five minutes: $1 $2 $3"
  return 1
}

# Before anything that can fail: whoever never gets to a running broker is noticed, too.
watch_the_broker() {
  cat >/etc/systemd/system/broker-health.service <<EOF
[Unit]
Description=Looks whether Kafka answers

[Service]
Type=oneshot
ExecStart=/bin/bash /opt/ticklake/broker-health.sh
EOF
  cat >/etc/systemd/system/broker-health.timer <<EOF
[Timer]
OnBootSec=10min
OnUnitActiveSec=1min
AccuracySec=5s

[Install]
WantedBy=timers.target
EOF
  chmod 644 /etc/systemd/system/broker-health.*
  systemctl daemon-reload
  systemctl enable -q --now broker-health.timer
}

take_address_and_volume() {
  local imds=${IMDS_URL:-http://169.254.169.254} token instance
  token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/latest/api/token")
  instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/instance-id")
  if [ -n "${ADDRESS_ALLOCATION:-}" ]; then
    say "taking the address $BROKER_IP"
    patiently aws ec2 associate-address --allocation-id "$ADDRESS_ALLOCATION" --instance-id "$instance" --allow-reassociation >/dev/null
  fi
  if [ -n "${DATA_VOLUME:-}" ]; then
    DATA_DEVICE=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${DATA_VOLUME/-/}
    [ -e "$DATA_DEVICE" ] || patiently aws ec2 attach-volume --volume-id "$DATA_VOLUME" --instance-id "$instance" --device /dev/sdf >/dev/null
    patiently test -e "$DATA_DEVICE"
  fi
}

# Mounting is a unit of its own, so that it happens at every boot before Kafka starts.
mount_data() {
  mkdir -p "$data"
  if [ -n "${DATA_DEVICE:-}" ]; then
    # Without -f mkfs refuses a device that already holds a file system: nothing is ever formatted over.
    mountpoint -q "$data" || mkfs.xfs -q "$DATA_DEVICE" 2>/dev/null || say 'the volume holds a file system: keeping it'
    cat >/etc/systemd/system/kafka-volume.service <<EOF
[Unit]
Description=The volume that holds Kafka's log

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'until mountpoint -q $data || mount $DATA_DEVICE $data; do sleep 5; done'
TimeoutStartSec=300

[Install]
RequiredBy=kafka.service
EOF
    chmod 644 /etc/systemd/system/kafka-volume.service
    systemctl daemon-reload
    systemctl enable -q --now kafka-volume
    xfs_growfs "$data" >/dev/null # in case the volume was made larger
  fi
  chmod 755 "$data"
}

install_kafka() {
  command -v java >/dev/null || dnf install -y -q java-21-amazon-corretto-headless
  id kafka >/dev/null 2>&1 || useradd --system --home-dir "$data" --no-create-home --shell /sbin/nologin kafka
  if [ "$(cat /opt/kafka/.archive 2>/dev/null)" != "$KAFKA_ARCHIVE_SHA512" ]; then
    say "fetching $KAFKA_ARCHIVE_URL"
    curl -fsSL --retry 8 --retry-all-errors --retry-delay 5 -o "$scratch/kafka.tgz" "$KAFKA_ARCHIVE_URL"
    echo "$KAFKA_ARCHIVE_SHA512  $scratch/kafka.tgz" | sha512sum --check --quiet
    rm -rf /opt/kafka && mkdir -m 755 /opt/kafka
    tar -xzf "$scratch/kafka.tgz" -C /opt/kafka --strip-components 1 --no-same-owner
    rm "$scratch/kafka.tgz"
    chmod -R u=rwX,go=rX /opt/kafka
    echo "$KAFKA_ARCHIVE_SHA512" >/opt/kafka/.archive
  fi
}

# PASSWORD_SECRETS is `user=secret user=secret ...`; the passwords themselves are in no file that stays.
fetch_passwords() {
  local pair
  for pair in $PASSWORD_SECRETS; do
    patiently sh -c "aws secretsmanager get-secret-value --secret-id '${pair#*=}' --query SecretString --output text >'$scratch/${pair%%=*}.password'"
  done
}

# The authority's key never leaves the volume. The broker's certificate is made again at each run, for the
# name that clients use and for the bare address.
make_certificates() {
  local ca=$data/authority key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc)
  install -d -m 700 "$ca"
  if [ ! -s "$ca/ca.pem" ]; then
    openssl req -x509 "${key[@]}" -keyout "$ca/ca.key" -out "$ca/ca.pem.new" -days 3650 -subj '/CN=ticklake broker authority' \
      -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
    mv "$ca/ca.pem.new" "$ca/ca.pem"
  fi
  openssl req -new "${key[@]}" -keyout "$scratch/broker.key" -out "$scratch/broker.csr" -subj '/CN=ticklake broker' 2>/dev/null
  printf '%s\n' "subjectAltName=DNS:$BROKER_HOST,IP:$BROKER_IP" 'basicConstraints=critical,CA:FALSE' \
    'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth' >"$scratch/broker.ext"
  openssl x509 -req -in "$scratch/broker.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -days 3650 \
    -extfile "$scratch/broker.ext" -out "$scratch/broker.crt" 2>/dev/null
  install -d -m 755 "$etc"
  cat "$scratch/broker.key" "$scratch/broker.crt" "$ca/ca.pem" >"$etc/broker.pem"
  install -m 644 "$ca/ca.pem" "$etc/ca.pem"
}

# Two fifths of the memory go to the heap, the rest to the page cache (where Kafka keeps what it reads) and to
# the system. A container's limit counts as its memory.
heap_mb() {
  local memory limit
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  for limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    if [ -r "$limit" ] && [ "$(cat "$limit")" != max ]; then
      limit=$(($(cat "$limit") / 1048576))
      [ "$limit" -ge "$memory" ] || memory=$limit
    fi
  done
  local heap=$((memory * 2 / 5))
  [ "$heap" -ge 256 ] || heap=256
  [ "$heap" -le 4096 ] || heap=4096
  echo "$heap"
}

write_configuration() {
  local loopback_password plain=org.apache.kafka.common.security.plain.PlainLoginModule
  local disk_bytes
  loopback_password=$(openssl rand -hex 24)
  disk_bytes=$(($(df --output=size -k "$data" | tail -1) * 1024))
  cat >"$etc/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:9094
log.dirs=$data/log

# Only CLIENTS can be reached from outside. The other two are the broker talking to itself.
listeners=CLIENTS://0.0.0.0:$port,BROKER://127.0.0.1:9092,CONTROLLER://127.0.0.1:9094
advertised.listeners=CLIENTS://$BROKER_HOST:$port,BROKER://127.0.0.1:9092,CONTROLLER://127.0.0.1:9094
listener.security.protocol.map=CLIENTS:SASL_SSL,BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER

listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.clients.ssl.keystore.type=PEM
listener.name.clients.ssl.keystore.location=$etc/broker.pem
ssl.enabled.protocols=TLSv1.3,TLSv1.2

sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.broker.sasl.enabled.mechanisms=PLAIN
listener.name.broker.plain.sasl.jaas.config=$plain required username="broker" password="$loopback_password" user_broker="$loopback_password";
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=$plain required username="broker" password="$loopback_password" user_broker="$loopback_password";

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker

# One broker holds one copy of everything.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# What compacts Kafka's own topics takes 128 MB of the heap by default; 8 MB hold 300,000 keys.
log.cleaner.dedupe.buffer.size=8388608
auto.create.topics.enable=false
num.partitions=3
log.message.timestamp.type=LogAppendTime
log.retention.hours=$LOG_RETENTION_HOURS
# For each partition: the four of ticks and dead letters leave more than half of the volume free.
log.retention.bytes=$((disk_bytes / 10))
EOF
  cat >"$etc/log4j2.properties" <<'EOF'
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%p %c{1}: %m%n
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server
logger.server.level=INFO
EOF
  cat >"$etc/loopback.properties" <<EOF
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=$plain required username="broker" password="$loopback_password";
EOF
  cat >/etc/systemd/system/kafka.service <<EOF
[Unit]
Description=Apache Kafka, the broker of ticklake
After=network-online.target kafka-volume.service
Wants=network-online.target

[Service]
User=kafka
ExecStart=$(command -v java) -Xms$(heap_mb)m -Xmx$(heap_mb)m -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true -Dlog4j2.configurationFile=$etc/log4j2.properties -cp /opt/kafka/libs/* kafka.Kafka $etc/server.properties
Restart=always
RestartSec=5
TimeoutStopSec=120
SuccessExitStatus=143
LimitNOFILE=100000
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=$data/log
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes

[Install]
WantedBy=multi-user.target
EOF
  chgrp kafka "$etc/broker.pem" "$etc/server.properties"
  chmod 640 "$etc/broker.pem" "$etc/server.properties"
  chmod 644 "$etc/log4j2.properties" /etc/systemd/system/kafka.service
  # What is asked on this machine by the broker's own name stays on this machine.
  grep -q " $BROKER_HOST\$" /etc/hosts || echo "127.0.0.1 $BROKER_HOST" >>/etc/hosts
}

# Small and quick to start: the broker needs the memory.
tool() {
  KAFKA_HEAP_OPTS=-Xmx128M KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1' \
    KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=$etc/log4j2.properties "/opt/kafka/bin/$1.sh" "${@:2}"
}
by_loopback() { tool "$1" --bootstrap-server 127.0.0.1:9092 --command-config "$etc/loopback.properties" "${@:2}"; }

# A log that is there already keeps its users, so that their passwords are renewed later, by grant_rights.
format_new_log() {
  install -d -m 700 -o kafka -g kafka "$data/log"
  if [ -e "$data/log/meta.properties" ]; then
    known_log=yes
    return
  fi
  known_log=no
  say 'first boot: formatting the log with its users'
  local file id
  id=$(tool kafka-storage random-uuid)
  # Arguments from a file: those of a command line are for every process to see.
  printf '%s\n' format --standalone --cluster-id "$id" --config "$etc/server.properties" >"$scratch/format"
  for file in "$scratch"/*.password; do
    printf '%s\n' --add-scram "SCRAM-SHA-512=[name=$(basename "$file" .password),password=$(cat "$file")]" >>"$scratch/format"
  done
  # It prints the users' salted keys, which have no place in the instance's console log.
  tool kafka-storage "@$scratch/format" >/dev/null
  chown -R kafka:kafka "$data/log"
}

start_broker() {
  systemctl daemon-reload
  systemctl enable -q kafka
  systemctl restart kafka
  local _try
  for _try in $(seq 90); do
    if (: </dev/tcp/127.0.0.1/9092) 2>/dev/null && by_loopback kafka-broker-api-versions >/dev/null 2>&1; then return 0; fi
    sleep 2
  done
  say 'the broker does not answer on loopback; its last words:'
  journalctl -u kafka -n 40 --no-pager
  return 1
}

# What each user may do, and nothing else: docs/aws.md has the same list in words.
grant_rights() {
  local file user dead_letters=$KAFKA_TOPIC-dead-letters
  if [ "$known_log" = yes ]; then
    for file in "$scratch"/*.password; do
      user=$(basename "$file" .password)
      echo "SCRAM-SHA-512=password=$(cat "$file")" >"$scratch/scram"
      by_loopback kafka-configs --alter --entity-type users --entity-name "$user" --add-config-file "$scratch/scram" >/dev/null
    done
  fi
  allow() { by_loopback kafka-acls --add --allow-principal "User:$1" "${@:2}" >/dev/null; }
  # `producer topic` makes both topics and adds partitions; nobody but admin deletes one.
  allow producer --topic "$KAFKA_TOPIC" --topic "$dead_letters" --operation Create --operation Alter --operation Describe --operation DescribeConfigs
  allow producer --topic "$KAFKA_TOPIC" --operation Write
  allow consumer --topic "$KAFKA_TOPIC" --operation Read --operation Describe --operation DescribeConfigs
  allow consumer --topic "$dead_letters" --operation Write --operation Create --operation Describe --operation DescribeConfigs
  allow consumer --group ticklake --resource-pattern-type prefixed --operation Read --operation Describe
  allow catalog --topic "$KAFKA_TOPIC" --resource-pattern-type prefixed --operation Read --operation Describe --operation DescribeConfigs
  allow catalog --group ticklake --resource-pattern-type prefixed --operation Read --operation Describe
  allow admin --cluster --operation All --topic '*' --group '*' --transactional-id '*'
}

# The broker makes no topic by itself; these two are there from the start, as `producer topic` would make them.
make_topics() {
  local set=(--create --if-not-exists --config message.timestamp.type=LogAppendTime)
  by_loopback kafka-topics "${set[@]}" --topic "$KAFKA_TOPIC" --partitions 3 >/dev/null
  by_loopback kafka-topics "${set[@]}" --topic "$KAFKA_TOPIC-dead-letters" --partitions 1 >/dev/null
}

# As a client does it: by the advertised name, with the authority's certificate and a user's password.
check_as_a_client() {
  cat >"$scratch/admin.properties" <<EOF
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$(cat "$scratch/admin.password")";
ssl.truststore.type=PEM
ssl.truststore.location=$etc/ca.pem
EOF
  tool kafka-topics --bootstrap-server "$BROKER_HOST:$port" --command-config "$scratch/admin.properties" --list >/dev/null
  say "a client is served at $BROKER_HOST:$port"
}

publish_authority() {
  patiently aws ssm put-parameter --name "$CA_PARAMETER" --type String --overwrite --value "file://$etc/ca.pem" >/dev/null
}

signal_stack() {
  rm -rf "$scratch"
  if [ -n "${SIGNAL_STACK:-}" ]; then
    # Where no deployment waits (a new instance, this script run by hand) AWS refuses the signal.
    /opt/aws/bin/cfn-signal --exit-code "$1" --stack "$SIGNAL_STACK" --resource BrokerGroup --region "$AWS_DEFAULT_REGION" ||
      say 'the stack took no signal: no deployment waits for this boot'
  fi
}

status=0
trap 'status=$?; say "failed in line $LINENO"; trap - ERR; signal_stack "$status"; exit "$status"' ERR
set -o errtrace
install -d -m 700 "$scratch"
watch_the_broker
if [ -n "${ADDRESS_ALLOCATION:-}${DATA_VOLUME:-}" ]; then take_address_and_volume; fi
mount_data
install_kafka
fetch_passwords
make_certificates
write_configuration
format_new_log
start_broker
grant_rights
make_topics
check_as_a_client
publish_authority
say 'done'
signal_stack 0
