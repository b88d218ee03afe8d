#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# redis_test.sh <with_redis.sh> <python_peer>: servers start, protected; serve; and leave nothing.
set -euo pipefail
with_redis=$1
export PEER=$2
command -v redis-server >/dev/null || {
  echo "skipped: there is no redis-server here"
  exit 77
}
umask 022
export TMPDIR
TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# A port whose neighbours are free as well, as far as can be told; below those that connections get.
free_port() {
  local port
  for ((port = 10000 + RANDOM % 12000; ; port += 20)); do
    ss -Hltn "sport >= :$port and sport <= :$((port + 6))" | grep -q . ||
      ss -Hltn "sport >= :$((port + 10000)) and sport <= :$((port + 10006))" | grep -q . || break
  done
  echo "$port"
}

is_gone() {
  [[ -z $(ls -A "$TMPDIR") ]] || fail "files are left: $(ls -R "$TMPDIR")"
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || fail "a server is left at port $1"
}

# Single quotes: these run beside the servers.
# shellcheck disable=SC2016
serves='
  set -eu
  toml=$PROXYSTORE_REDIS_TOML
  folder=$(dirname "$toml")
  [ "$(stat -c %a "$folder/password" "$toml" "$folder/0/redis.conf" | sort -u)" = 600 ]
  "$PEER" "$toml" get text "$("$PEER" "$toml" put text)"
  [ "$PROXYSTORE_REDIS_PASSWORD" = "$(cat "$folder/password")" ]
  [ "$(umask)" = 0022 ]
  [ "$(redis-cli -p "$PORT" dbsize)" = "NOAUTH Authentication required." ]
  [ "$(REDISCLI_AUTH=$(cat "$folder/password") redis-cli -p "$PORT" config get maxmemory | tail -1)" \
    = 67108864 ]
'
for arguments in "--servers 1" "--servers 3 --replicas 1"; do
  PORT=$(free_port)
  export PORT
  # shellcheck disable=SC2086  # several words
  "$with_redis" $arguments --port "$PORT" --memory 64mb -- sh -c "$serves" || fail "$arguments"
  is_gone "$PORT"
done

port=$(free_port)
code=0
"$with_redis" --port "$port" -- sh -c 'exit 7' || code=$?
((code == 7)) || fail "the command's code 7 became $code"
is_gone "$port"

"$with_redis" --port "$port" -- sleep 60 &
pid=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
sleep 0.5
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
((code == 143)) || fail "a signal's code became $code"
is_gone "$port"

for wrong in "--servers 2 -- true" "--memory much -- true" "--port 0 -- true" "--oops -- true" "--servers 1"; do
  # shellcheck disable=SC2086  # several words
  said=$("$with_redis" $wrong 2>&1) && fail "'$wrong' is accepted"
  [[ $said == with_redis.sh:* ]] || fail "'$wrong' is answered by: $said"
done

# A port that is taken.
"$with_redis" --port "$port" -- sleep 60 &
pid=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
said=$("$with_redis" --port "$port" -- true 2>&1) && fail "a port that is taken is accepted"
[[ $said == *"has ended"* ]] || fail "a port that is taken is answered by: $said"
kill -TERM "$pid"
wait "$pid" || true
is_gone "$port"
