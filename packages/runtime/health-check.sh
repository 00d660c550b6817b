#!/usr/bin/env bash
# health-check.sh PORT PATH: succeeds if the service in this container answers 200 there. For HEALTHCHECK in the images.
# Bash alone: starting Node.js every three seconds in every container would cost a laptop more than the services do.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
