# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the job scripts and by build.sh: what differs between clusters. Edit it once for yours.
# shellcheck disable=SC2034  # used by those who source this

# Loaded before anything is built or run, such as (gcc/12.2 openmpi/4.1 hdf5/1.12-parallel).
modules=()

# What starts MPI programs: mpirun, or Slurm's srun, or flux. Empty: flux in Flux, else mpirun if it is
# there, else srun.
launcher=''

# Options of mpirun. Ranks are not bound to single cores, because the service thread of the mpi store shall
# not share the core on which its rank computes. Where nodes are joined by TCP and have several networks, name
# the right one: --mca btl_tcp_if_include 10.0.0.0/24
mpirun_options=(--bind-to none)

# Options of srun, for MPI programs alone. `srun --mpi=list` says what it knows.
srun_options=(--mpi=pmix --cpu-bind=none)

# Options of `flux run`.
flux_options=(-o pmi=pmix -o cpu-affinity=off)

# Options of redis/with_redis.sh, such as (--interface ib0 --memory 8gb).
redis_options=()

# A folder that all nodes see, for what a job keeps while it runs. Empty: the folder of its output.
scratch=''
