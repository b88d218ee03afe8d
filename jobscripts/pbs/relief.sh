#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
#
# The example relief on the nodes of a PBS job; its tiles are in the memory of the ranks, or where --store says.
#
#   qsub -q NAME -A NAME -- "$PWD/jobscripts/pbs/relief.sh" [option...]
#   qsub -q NAME -A NAME jobscripts/pbs/relief.sh     # with the #PBS lines, without options
#   jobscripts/pbs/relief.sh --dry-run [option...]    # looks whether it would run
#   jobscripts/pbs/relief.sh --help
#
# Submit it from the top folder of ProxyStore, after jobscripts/build.sh. Edit jobscripts/site.sh for your
# cluster first. PBS reads no #PBS lines when a command is given after --; then give -l select=... and
# walltime yourself. If the time is over, submit the same again: it goes on where it was.
#PBS -N relief
#PBS -l select=2:ncpus=4:mpiprocs=2
#PBS -l walltime=00:30:00
#PBS -r y
#PBS -j oe
here=$(dirname "${BASH_SOURCE[0]}")
[[ -r $here/scheduler.sh ]] || here=${PBS_O_WORKDIR:-.}/jobscripts/pbs # PBS runs a copy
# shellcheck source=jobscripts/relief.sh
source "$here/../relief.sh" || {
  echo "relief.sh: submit this from the top folder of ProxyStore" >&2
  exit 2
}
relief_job --store mpi "$@"
