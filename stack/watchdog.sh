#!/bin/sh
# Ends the servers of a stack whose supervisor was killed: it learns of that when its standard input closes.
# Each line says "+ PID" for a server (the leader of a process group) that started, "- PID" for one that ended.
pids=''
while read -r sign pid; do
  case $sign in
    +) pids="$pid $pids" ;;
    -) pids=$(for each in $pids; do [ "$each" = "$pid" ] || printf '%s ' "$each"; done) ;;
  esac
done

for pid in $pids; do kill -TERM "-$pid" 2>/dev/null; done
for _ in 1 2 3 4 5 6 7 8 9 10; do
  alive=''
  for pid in $pids; do kill -0 "-$pid" 2>/dev/null && alive=yes; done
  [ -z "$alive" ] && exit 0
  sleep 1
done
for pid in $pids; do kill -KILL "-$pid" 2>/dev/null; done
exit 0
