#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# Runs on the front of a set of hosts (tests/hosts): starts Slurm's controller there, and a node on each
# host, with their files in the folder "slurm" of the set. They end with the set.
#
#   start.sh <set> <number of nodes>
set -euo pipefail
hosts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../hosts" && pwd)
# shellcheck source=tests/hosts/common.sh
source "$hosts/common.sh"
set=$1 number=$2
folder=$set/slurm
mkdir -p "$folder"/{state,spool,log}

# Its own key and socket: the munge of this machine, if it has one, is left alone. --force, because root
# runs it here, in a folder that nobody else may enter.
head -c 128 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
  --pid-file="$folder/munged.pid" --log-file="$folder/log/munged" --seed-file="$folder/munge.seed" \
  2>"$folder/log/munged.start" || {
  cat "$folder/log/munged.start" >&2
  fail "munged does not start"
}

cat >"$folder/slurm.conf" <<END
ClusterName=test
SlurmctldHost=front($network.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmctldPort=6817
SlurmdPort=6818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd-%n
# A node's processes are found by their parents: control groups need more of a machine than tests can ask.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
KillWait=15
SlurmdTimeout=15
MinJobAge=600
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,requeue_delay=1,sched_interval=1,bf_interval=1
$(for ((i = 1; i <= number; ++i)); do
  echo "NodeName=h$i NodeAddr=$network.$i CPUs=16 RealMemory=2000 State=UNKNOWN"
done)
PartitionName=test Nodes=h[1-$number] Default=YES MaxTime=INFINITE State=UP
END
# Folders of pmix steps: private to each host, or they would meet.
echo "PMIxCliTmpDirBase=/dev/shm" >"$folder/mpi.conf"

export SLURM_CONF=$folder/slurm.conf
slurmctld
for ((i = 1; i <= number; ++i)); do
  PROXYSTORE_HOSTS=$set bash "$hosts/inside/agent.sh" "h$i" "SLURM_CONF=$SLURM_CONF slurmd -N h$i"
done
for ((tries = 0; tries < 300; ++tries)); do
  [[ $(sinfo --noheader --Node --states=idle 2>/dev/null | wc -l) != "$number" ]] || exit 0
  sleep 0.1
done
tail -n 5 "$folder"/log/* >&2
fail "the nodes are not idle after 30 s"
