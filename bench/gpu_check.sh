#!/usr/bin/env bash
# Builds the CUDA and OpenCL kernels, their tests and benches on a machine with a GPU and measures everything that is worth
# knowing there: one table, one JSON file, the raw logs. Takes less than ten minutes, except for a dry run, which has no limit.
# Needs CUDA's compiler, CMake, a C++ compiler and Python, and neither network nor libraries.
#
#   bench/gpu_check.sh [--seconds S] [--out DIR] [--build DIR] [--quick | --dry-run]
#
#   --seconds S   how long each headline rate is measured, and planted scanning each way (default 10 and 20)
#   --out DIR     where the results go (default build/gpu-check)
#   --build DIR   where it builds (default build/gpu)
#   --quick       less of everything: about three minutes
#   --dry-run     builds, checks the machine code and tries the programs on a GPU that the CPU plays; also what is done
#                 where there is no GPU
#
# Exits with 1 if anything failed. Nothing of the GPU is ever set: no clock, no power limit, no mode.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/build/gpu-check
build=$root/build/gpu
seconds=
mode=full
usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}
while (($#)); do
  case $1 in
    --seconds | --out | --build)
      (($# >= 2)) || usage
      declare "${1#--}=$2"
      shift
      ;;
    --quick) mode=quick ;;
    --dry-run) mode=dry ;;
    *) usage ;;
  esac
  shift
done
[[ -z $seconds || $seconds =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage

# Where CUDA's own programs usually are.
PATH=$PATH:${CUDA_HOME:-/usr/local/cuda}/bin
for tool in cmake nvcc python3; do
  command -v "$tool" >/dev/null || {
    echo "gpu_check: there is no $tool" >&2
    exit 1
  }
done
mkdir -p "$out"
out=$(cd -- "$out" && pwd)
rm -f "$out"/*.log "$out"/*.jsonl "$out"/steps.tsv "$out"/gpu_check.json

capability=
if command -v nvidia-smi >/dev/null; then
  capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d '. ') || true
  [[ $capability =~ ^[0-9]+$ ]] || capability=
fi
if [[ -z $capability ]]; then
  capability=90
  [[ $mode == dry ]] || echo "no GPU: dry run"
  mode=dry
fi
echo "mode: $mode; compute capability $capability; results in $out"

# step NAME LIMIT COMMAND...: its output goes to NAME.log, its exit status and time to the list of steps. No step goes on
# beyond the ten minutes that all of them have; a dry run, which is a test, takes as long as it takes.
step() {
  local name=$1 limit=$2 begin=$SECONDS status=0
  shift 2
  local left=$((590 - begin))
  if [[ $mode == dry ]]; then
    limit=0
  elif ((left < limit)); then
    limit=$((left > 1 ? left : 1))
  fi
  printf '%-22s ' "$name"
  timeout --kill-after=10 "$limit" "$@" >"$out/$name.log" 2>&1 </dev/null || status=$?
  printf 'exit %3d, %4d s\n' "$status" $((SECONDS - begin))
  printf '%s\t%s\t%s\n' "$name" "$status" $((SECONDS - begin)) >>"$out/steps.tsv"
  return 0
}
passed() { [[ $(awk -F'\t' -v name="$1" '$1 == name { print $2 }' "$out/steps.tsv") == 0 ]]; }

# Everything that was compiled came from this tree, the system's C and C++ and CUDA: no library must be needed.
check_needs() {
  local listed
  if [[ -f $build/build.ninja ]]; then
    listed=$(ninja -C "$build" -t deps)
  else
    listed=$(find "$build" -name '*.d' -exec cat {} +)
  fi
  [[ $listed == *scan_params.h* ]] || {
    echo "the compiler's dependencies were not found"
    return 1
  }
  ! grep -E '/(boost|fmt|spdlog|gtest|gmock|openssl|hwloc|CL)[/.]' <<<"$listed" | grep -v '/bench/gpu/stand_in/boost/'
}

generator=()
if command -v ninja >/dev/null; then generator=(-G Ninja); fi
step configure 120 cmake -S "$root/bench/gpu" -B "$build" "${generator[@]}" "-DLODE_CUDA_CAPABILITIES=$capability"
if passed configure; then step build 300 cmake --build "$build" --parallel; fi
if [[ ! -f $out/build.log ]] || ! passed build; then
  tail -n 30 "$out/configure.log" "$out/build.log" 2>/dev/null || true
  echo "gpu_check: it does not build" >&2
  exit 1
fi
build=$(cd -- "$build" && pwd)

step needs 60 bash -c "$(declare -f check_needs); build='$build'; check_needs"
"$build/gpu_microbench" --list >"$out/microbench.list"
step microbench_sass 60 python3 -B "$root/bench/gpu/check_microbench.py" "$build/microbench.sm_$capability.cubin" \
  "$out/microbench.list"
if [[ $capability == 90 ]]; then
  step gates 60 python3 -B "$root/kernels/cuda/sass_count.py" --gates "$root/tests/kernels/cuda/gates.json" \
    "$build/cubin"
fi

if [[ $mode == dry ]]; then
  step correctness_played 120 "$build/gpu_correctness" --played --json "$out/correctness_played.jsonl"
  step rates_played 120 "$build/gpu_rates" --played --json "$out/rates_played.jsonl"
  step latency_played 120 "$build/gpu_latency" --played --json "$out/latency_played.jsonl"
  step opencl_played 120 "$build/gpu_opencl" --played --json "$out/opencl_played.jsonl"
  step opencl_cpu 240 "$build/gpu_opencl" --cpu --json "$out/opencl_cpu.jsonl"
  # A GPU that nvidia-smi does not know may be there all the same; it is left in peace.
  for program in correctness microbench rates latency; do
    CUDA_VISIBLE_DEVICES='' step "${program}_without_gpu" 60 "$build/gpu_$program"
  done
else
  nvidia-smi -q >"$out/nvidia-smi.log" 2>&1 || true
  options=()
  if [[ -n $seconds ]]; then options+=(--seconds "$seconds"); fi
  if [[ $mode == quick ]]; then options+=(--quick); fi
  step correctness 240 "$build/gpu_correctness" "${options[@]}" --json "$out/correctness.jsonl"
  step microbench 90 "$build/gpu_microbench" "${options[@]}" --json "$out/microbench.jsonl"
  step rates 240 "$build/gpu_rates" "${options[@]}" --json "$out/rates.jsonl"
  step latency 90 "$build/gpu_latency" "${options[@]}" --json "$out/latency.jsonl"
  step opencl 150 "$build/gpu_opencl" "${options[@]}" --json "$out/opencl.jsonl"
  for tool in memcheck racecheck synccheck initcheck; do
    # As long as the whole stays below ten minutes.
    left=$((570 - SECONDS))
    if [[ $mode == quick && $tool != memcheck && $tool != racecheck ]]; then break; fi
    if ((left < 20)) || ! command -v compute-sanitizer >/dev/null; then break; fi
    # The programs look at every status themselves; "not ready" is none to report.
    step "$tool" "$((left < 90 ? left : 90))" compute-sanitizer --tool "$tool" --report-api-errors no \
      --error-exitcode 3 \
      "$build/gpu_correctness" --sanitized --json "$out/$tool.jsonl"
  done
fi

python3 -B "$root/bench/gpu/report.py" --mode "$mode" --capability "$capability" --cubins "$build/cubin" "$out" |
  tee "$out/table.txt"
