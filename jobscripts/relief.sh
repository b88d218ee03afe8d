# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by the job scripts: the body of a job of `relief`. With its tiles in the memory of the ranks, the work has
# three stages, read, compute and write, and relief keeps the folder OUTPUT.checkpoint after the first two; which
# stages are done, and with which settings, is in OUTPUT.checkpoint.stages. So a job that is started again, by
# the scheduler or by you, begins where it was. Both go when the results are written.
# shellcheck disable=SC2034,SC2154  # shared with those who source this
# shellcheck source=jobscripts/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

job_name=relief
program=$root/build/release/examples/relief/relief
input=data/etopo5.h5 dataset=ROSE output=out/relief
store=mpi shared_folder='' servers=1 stripes=1 anew=false
stages=(read compute write) finished=() finished_here=0 stage='' state='' checkpoint=''

usage() {
  common_usage
  cat <<END

Options of relief's jobs:
  --input FILE      HDF5 or netCDF-4 file of heights (default $input)
  --dataset NAME    two-dimensional dataset of numbers in it (default $dataset)
  --output PREFIX   results are PREFIX.h5 and PREFIX.png (default $output)
  --store KIND      where the tiles are: mpi, redis, file or hdf5 (default $store)
  --servers N       of redis: 1, or 3 and more for a Redis Cluster (default $servers)
  --stripes N       of each file on Lustre; -1: over all targets (default $stripes)
  --anew            begin at the first stage, even if there is a checkpoint
  -- ARGUMENT...    the rest is for relief itself, such as -- --azimuth 45
END
}

# relief_job <word of the command line>...
# The whole job. A script sets what it wants different before, and may have a function `adapt`, which is called
# when the options are known.
relief_job() {
  read_options input dataset output store servers stripes anew! -- "$@"
  [[ $store =~ ^(mpi|redis|file|hdf5)$ ]] || fail "--store $store: mpi, redis, file or hdf5 are accepted"
  [[ $stripes =~ ^(-1|[1-9][0-9]*)$ ]] || fail "--stripes $stripes: -1, or a number from 1 on is accepted"
  [[ $servers =~ ^(1|[3-9]|[1-9][0-9]+)$ ]] || fail "--servers $servers: 1, or 3 and more for a cluster"
  ! declare -F adapt >/dev/null || adapt
  state=$output.checkpoint.stages checkpoint=$output.checkpoint
  check_ranks "${fewest_nodes:-1}"
  load_modules
  check_program
  check_launcher
  check_input
  check_folder "folder of the output" "$(dirname -- "$output")" 16 --output
  check_store
  end_checks
  say "$node_count nodes, $rank_count ranks, store $store, $input to $output.h5 and .png"
  find_checkpoint
  make_store
  run_stages
}

check_input() {
  [[ -f $input && -r $input ]] ||
    problem "cannot read the input $input; give another with --input and --dataset" \
      "(jobscripts/local.sh makes data/etopo5.h5 on a Debian)"
}

# Before it is used: what the store needs.
check_store() {
  local size tool
  [[ $store != mpi ]] || return 0
  [[ -n $scratch ]] || scratch=$(dirname -- "$output")
  size=$(stat -L -c %s -- "$input" 2>/dev/null || echo 0)
  check_folder "scratch folder" "$scratch" $((16 + 4 * size / 1048576)) --scratch
  [[ $store == redis ]] || return 0
  for tool in redis-server redis-cli; do
    command -v "$tool" >/dev/null ||
      problem "there is no $tool in PATH; name its module in jobscripts/site.sh, or use --store file"
  done
  [[ $scheduler == slurm || " ${redis_options[*]} " == *" --interface "* ]] || ((node_count == 1)) ||
    problem "for Redis on several nodes, redis_options of jobscripts/site.sh must name their network, as" \
      "(--interface ib0)"
}

# Makes what the store needs, and sets `beside` and `store_arguments`.
make_store() {
  beside=() store_arguments=()
  [[ $store != mpi ]] || return 0
  local work=$scratch/$job_name-${job_id:-JOB} folder
  if ! $dry_run; then
    rm -rf -- "$work" # of an earlier run of this job, whose node died
    own_folders+=("$work")
    mkdir -m 700 -- "$work"
  fi
  if [[ $store == redis ]]; then
    # Open MPI's mpirun hands on the environment within Slurm only; see with_redis.sh.
    [[ $scheduler == slurm || $launcher != mpirun ]] || ! grep -q 'Open MPI' <(mpirun --version 2>&1) ||
      mpirun_options+=(-x PROXYSTORE_REDIS_PASSWORD)
    # shellcheck disable=SC2016  # for that sh to expand
    beside=("$jobscripts/redis/with_redis.sh" --servers "$servers" --folder "$work/redis"
      --port "$((10000 + 10#0${job_id//[^0-9]/} % 1000 * 10))" "${redis_options[@]}" -- sh -c
      'exec "$@" --store "$PROXYSTORE_REDIS_TOML"' sh)
    return 0
  fi
  store_arguments=(--store "$work/store.toml")
  folder=${shared_folder:-$work/objects}
  ! $dry_run || return 0
  if [[ -n $shared_folder ]]; then join_shared_folder "$folder"; else mkdir -- "$folder"; fi
  stripe "$folder"
  {
    echo 'name = "relief"'
    echo '[connector]'
    echo "kind = \"$store\""
    echo '[connector.options]'
    echo "store_dir = \"$(realpath -- "$folder")\""
    [[ $store != hdf5 ]] || echo "alignment = 1048576" # no object's data begin in the middle of a stripe
  } >"$work/store.toml"
}

# stripe <folder>
# On Lustre, says over how many targets each file is spread that is made in the folder.
stripe() {
  local said
  command -v lfs >/dev/null || return 0
  said=$(lfs setstripe --stripe-count "$stripes" --stripe-size 1M "$1" 2>&1) ||
    say "note: $1 is not striped: $said"
}

# What a checkpoint was computed from.
settings() {
  echo "$(realpath -- "$input") $(stat -L -c '%s %Y' -- "$input") $dataset $(stat -L -c %Y -- "$program") ${rest[*]@Q}"
}

# Which stages are done.
find_checkpoint() {
  local lines=()
  if [[ $store != mpi ]]; then
    stages=("read, compute and write") # at once: relief keeps no checkpoint of another store
    return 0
  fi
  [[ ! -r $state || ! -d $checkpoint ]] || mapfile -t lines <"$state"
  if ! $anew && ((${#lines[@]} > 1)); then
    if [[ ${lines[0]} == "$(settings)" ]]; then
      finished=("${lines[@]:1}")
      return 0
    fi
    say "$checkpoint is of another input, dataset, program or arguments: beginning anew"
  fi
  # A checkpoint that no job left stays until relief replaces it.
  $dry_run || [[ ! -e $state ]] || rm -rf -- "$state" "$checkpoint"
}

run_stages() {
  local code stage_arguments
  for stage in "${stages[@]}"; do
    if [[ " ${finished[*]} " == *" $stage "* ]]; then
      say "stage $stage was finished before"
      continue
    fi
    case $stage in
      read) stage_arguments=(--stop-after read) ;;
      compute) stage_arguments=(--restart --stop-after compute) ;;
      write) stage_arguments=(--restart) ;;
      *) stage_arguments=() ;;
    esac
    $dry_run || say "stage $stage"
    launch "$program" --input "$input" --dataset "$dataset" --output "$output" "${store_arguments[@]}" \
      "${rest[@]}" "${stage_arguments[@]}"
    code=0
    run "${beside[@]}" "${command[@]}" || code=$?
    if ((code)); then
      say "stage $stage failed with code $code; what it said is above"
      all_nodes_answer || last_words=after_node
      exit "$code"
    fi
    $dry_run || note_finished "$stage"
  done
  $dry_run || say "the results are $output.h5 and $output.png"
}

# note_finished <stage>
note_finished() {
  finished+=("$1") finished_here=$((finished_here + 1))
  if [[ $1 == "${stages[-1]}" ]]; then
    rm -f -- "$state"
  else
    own_files+=("$state.new")
    { settings && printf '%s\n' "${finished[@]}"; } >"$state.new"
    mv -- "$state.new" "$state"
  fi
}

# Of a relief that was killed.
remove_leftovers() {
  $dry_run || rm -rf -- "$checkpoint.partial" "$(dirname -- "$output")/.$(basename -- "$output")".{h5,png}.*.part
}

# Starts the job again on other nodes, a few times.
after_node() {
  if ((${restarts:-0} < 3)) && declare -F requeue >/dev/null && requeue; then
    say "a node does not answer: the job is queued again, and goes on with the stage $stage"
  else
    say "a node does not answer: submit the same again, and it goes on with the stage $stage"
  fi
}

# Starts the job again if that gets it further.
after_time() {
  if ((finished_here == 0)); then
    say "the time is too short for the stage $stage alone: give it more time"
  elif declare -F requeue >/dev/null && requeue; then
    say "the time is over: the job is queued again, and goes on with the stage $stage"
  else
    say "the time is over: submit the same again, and it goes on with the stage $stage"
  fi
}
