#!/bin/bash
# Looks each minute whether Kafka answers on the instance itself. After ten minutes without an answer it tells the Auto
# Scaling group, which puts a new instance in the place of this one. EC2's own check sees a machine that is down, and
# neither a broker that is, nor a boot script that failed.
set -u
settings=${SETTINGS:-/etc/ticklake/broker.env}
set -a
# shellcheck source=/dev/null
[ ! -r "$settings" ] || . "$settings"
set +a
missed=${MISSED_FILE:-/run/kafka-missed}
port=${BROKER_LOOPBACK_PORT:-9092}

# ApiVersions, the one request that Kafka answers before anyone has logged in: its answer begins with the number that
# was sent (1) and the error code 0.
answers() {
  timeout 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port
    printf '\0\0\0\12\0\22\0\0\0\0\0\1\377\377' >&3
    head -c 10 <&3 | tail -c 6 | od -An -tx1 | grep -q '00 00 00 01 00 00'" 2>/dev/null
}

if answers; then
  rm -f "$missed"
  exit 0
fi
count=$(($(cat "$missed" 2>/dev/null || echo 0) + 1))
echo "$count" >"$missed"
echo "broker-health: Kafka has not answered $count times in a row" >&2
[ "$count" -ge 10 ] || exit 0
imds=${IMDS_URL:-http://169.254.169.254}
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/latest/api/token")
instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/instance-id")
# Within the group's grace period, in which a new instance boots, AWS takes no notice of it.
aws autoscaling set-instance-health --instance-id "$instance" --health-status Unhealthy
