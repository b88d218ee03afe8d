#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs a command beside Redis servers of its own, and ends them with it: in an allocation of Slurm
# one on each of its first nodes, else all on this machine.
#
#   jobscripts/redis/with_redis.sh [option...] -- command [argument...]
#
# The command finds in PROXYSTORE_REDIS_TOML the file that ps::Store::from_toml() takes. mpirun hands the
# environment on within this machine and within Slurm; else tell it -x PROXYSTORE_REDIS_PASSWORD.
set -euo pipefail

usage() {
  sed -n '5,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  cat <<'END'

  --servers N       1: one server (default); 3 or more: a Redis Cluster of N masters
  --replicas R      of each master of a cluster (default 0)
  --memory SIZE     limit of each server, such as 512mb or 4gb (default 1gb); what is put beyond
                    it is refused, and nothing is dropped
  --port P          of the first server (default 7000); the others on one machine take the next ones,
                    and a cluster takes those 10000 above as well
  --interface NAME  network to listen on, such as ib0 (default: that of the nodes' names)
  --folder DIR      for configuration, password and logs; made, and removed in the end
                    (default in Slurm: one in this folder, which all nodes must see; else in TMPDIR)
END
}

fail() {
  echo "with_redis.sh: $*" >&2
  exit 2
}

servers=1 replicas=0 memory=1gb port=7000 interface='' folder=''
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --servers | --replicas | --memory | --port | --interface | --folder)
      (($# > 1)) || fail "$1 needs a value; see --help"
      declare "${1#--}=$2"
      shift 2
      ;;
    *) fail "unknown option '$1'; see --help, and put -- before the command" ;;
  esac
done
[[ ${1:-} == -- && $# -gt 1 ]] || fail "no command: give it after --; see --help"
shift
[[ $servers =~ ^(1|[3-9]|[1-9][0-9]{1,2})$ ]] ||
  fail "--servers $servers: 1, or 3 to 999 for a cluster"
[[ $replicas =~ ^[0-9]$ ]] || fail "--replicas $replicas: 0 to 9 are accepted"
((servers >= 3 || replicas == 0)) || fail "--replicas needs a cluster: --servers 3 or more"
[[ $memory =~ ^[1-9][0-9]*(mb|gb)$ ]] || fail "--memory $memory: a number followed by mb or gb"
[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 55000 ]] || fail "--port $port: 1 to 55000"
for program in redis-server redis-cli; do
  command -v "$program" >/dev/null || fail "there is no $program here (Debian: redis-server)"
done

mask=$(umask)
umask 077
if [[ -n $folder ]]; then
  mkdir "$folder" || fail "--folder $folder must be one that can be made"
  folder=$(realpath "$folder")
elif [[ -n ${SLURM_JOB_ID:-} ]]; then
  folder=$(mktemp -d "$PWD/redis-$SLURM_JOB_ID.XXXXXX")
else
  folder=$(mktemp -d "${TMPDIR:-/tmp}/redis.XXXXXX")
fi

pids=() addresses=() nodes=() command_pid=''
# shellcheck disable=SC2317  # the trap calls it
finish() {
  trap - EXIT INT TERM HUP
  local pid tries
  if [[ -n $command_pid ]]; then
    # Slurm ends all processes of a job at once; mpirun, if asked a second time, leaves its files.
    for ((tries = ${#nodes[@]} ? 50 : 0; tries > 0; --tries)); do
      kill -0 "$command_pid" 2>/dev/null || break
      sleep 0.1
    done
    kill "$command_pid" 2>/dev/null || true
    wait "$command_pid" 2>/dev/null || true
  fi
  if ((${#nodes[@]})); then  # srun would complain of servers that are ended by signals
    local address
    for address in "${addresses[@]}"; do
      REDISCLI_AUTH=$(<"$folder/password") timeout 5 \
        redis-cli -h "${address%:*}" -p "${address##*:}" shutdown nosave >/dev/null 2>&1 || true
    done
    sleep 1
  fi
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The password goes by files of mode 0600 and the environment, which other users cannot see.
head -c 24 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_' >"$folder/password"
REDISCLI_AUTH=$(<"$folder/password")
export REDISCLI_AUTH

if [[ -n ${SLURM_JOB_ID:-} ]]; then
  mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
fi

# on <node> <command>...
on() {
  local node=$1
  shift
  if [[ -z $node ]]; then
    "$@"
  else
    srun --overlap --nodes=1 --ntasks=1 --nodelist="$node" "$@"
  fi
}

# address_of <node>
address_of() {
  if [[ -n $interface ]]; then
    on "$1" ip -4 -o addr show dev "$interface" | awk '{ sub("/.*", "", $4); print $4; exit }'
  elif [[ -n $1 ]]; then
    getent ahostsv4 "$1" | awk '{ print $1; exit }'
  else
    echo 127.0.0.1
  fi
}

total=$((servers * (1 + replicas)))
for ((i = 0; i < total; ++i)); do
  node=${nodes:+${nodes[i % ${#nodes[@]}]}}
  address=$(address_of "$node")
  [[ -n $address ]] || fail "no address of ${node:-this machine}${interface:+ on $interface}"
  own_port=$((port + (${#nodes[@]} ? i / ${#nodes[@]} : i)))
  mkdir "$folder/$i"
  cat >"$folder/$i/redis.conf" <<END
bind $address
port $own_port
requirepass $REDISCLI_AUTH
masterauth $REDISCLI_AUTH
maxmemory $memory
maxmemory-policy noeviction
save ""
appendonly no
daemonize no
dir $folder/$i
logfile $folder/$i/log
END
  ((total == 1)) || echo "cluster-enabled yes" >>"$folder/$i/redis.conf"
  if [[ -z $node ]]; then
    redis-server "$folder/$i/redis.conf" >/dev/null &
  else
    srun --overlap --nodes=1 --ntasks=1 --nodelist="$node" \
      redis-server "$folder/$i/redis.conf" >/dev/null &
  fi
  pids+=($!)
  addresses+=("$address:$own_port")
done

# is_ready <index>
is_ready() {
  local answer
  answer=$(timeout 5 redis-cli -h "${addresses[$1]%:*}" -p "${addresses[$1]##*:}" "${@:2}" 2>/dev/null)
  [[ $answer == PONG || $answer == *cluster_state:ok* ]]
}

# await <what> <command of redis-cli>...
await() {
  local i deadline=$((SECONDS + 60))
  for ((i = 0; i < total; ++i)); do
    until is_ready "$i" "${@:2}"; do
      kill -0 "${pids[i]}" 2>/dev/null || {
        tail -n 5 "$folder/$i/log" >&2 || true
        fail "the server at ${addresses[i]} has ended; above is what it said last"
      }
      ((SECONDS < deadline)) || fail "no $1 at ${addresses[i]} within 60 s"
      sleep 0.1
    done
  done
}

await answer ping
if ((total > 1)); then
  redis-cli --cluster create "${addresses[@]}" --cluster-replicas "$replicas" --cluster-yes \
    >"$folder/create.log" 2>&1 || {
    cat "$folder/create.log" >&2
    fail "the cluster could not be made"
  }
  await "working cluster" cluster info
fi

{
  echo 'name = "redis"'
  echo '[connector]'
  echo 'kind = "redis"'
  echo '[connector.options]'
  if ((total == 1)); then
    echo "hostname = \"${addresses[0]%:*}\""
    echo "port = ${addresses[0]##*:}"
  else
    seeds=$(printf ', "%s"' "${addresses[@]}")
    echo "cluster_seeds = [${seeds:2}]"
  fi
  echo "password_file = \"$folder/password\""
} >"$folder/redis.toml"
export PROXYSTORE_REDIS_TOML=$folder/redis.toml
# For those of the command's processes that open the store by a proxy, which carries no secret.
export PROXYSTORE_REDIS_PASSWORD=$REDISCLI_AUTH
unset REDISCLI_AUTH
echo "Redis at ${addresses[*]}; store configuration: $PROXYSTORE_REDIS_TOML" >&2

code=0
(umask "$mask" && exec "$@") <&0 &
command_pid=$!
wait "$command_pid" || code=$?
command_pid=''
for ((i = 0; i < total; ++i)); do
  kill -0 "${pids[i]}" 2>/dev/null ||
    echo "with_redis.sh: the server at ${addresses[i]} ended before the command" >&2
done
exit "$code"
