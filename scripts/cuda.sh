# Which GPUs the CUDA kernels are compiled for. All is the default, and costs minutes; a first start takes what this
# machine's GPUs run, nothing without a driver. What a build folder has, it keeps.
# shellcheck shell=bash disable=SC2034,SC2154  # shares its variables with ./bootstrap

# Where the driver's library can be, besides the folders that ldconfig and LD_LIBRARY_PATH name.
readonly DRIVER_FOLDERS=(/usr/lib/wsl/lib /usr/local/nvidia/lib64 /usr/lib64 "/usr/lib/$HOSTTYPE-linux-gnu")

# The compute capabilities that a full build has code for, ascending, where their list is kept.
ALL_CAPABILITIES=()
if [[ $(<"$root/kernels/cuda/CMakeLists.txt") =~ set\(LODE_CUDA_CAPABILITIES\ ([0-9 ]*)\ CACHE ]]; then
  read -r -a ALL_CAPABILITIES <<<"${BASH_REMATCH[1]}"
fi

# True if the program would find NVIDIA's driver.
have_driver() {
  local folder folders
  IFS=: read -r -a folders <<<"${LD_LIBRARY_PATH:-}"
  for folder in "${folders[@]}" "${DRIVER_FOLDERS[@]}"; do
    [[ -n $folder && -e $folder/libcuda.so.1 ]] && return
  done
  # An ordinary user's PATH lacks ldconfig's folder.
  PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null | grep -q 'libcuda\.so\.1 '
}

# The compiler as CMake looks for it.
have_nvcc() {
  local folder
  [[ -x ${cached[LODE_NVCC]:-} ]] && return
  have nvcc && return
  for folder in ${CUDA_HOME:+"$CUDA_HOME"} ${CUDA_PATH:+"$CUDA_PATH"} /usr/local/cuda; do
    [[ -x $folder/bin/nvcc || -x $folder/nvcc ]] && return
  done
  return 1
}

# Prints the compute capabilities of this machine's GPUs, such as 90, each once; nothing if they cannot be known.
capabilities_here() {
  PATH=$PATH:/usr/lib/wsl/lib nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
    sed -n 's/^ *\([0-9][0-9]*\)\.\([0-9]\) *$/\1\2/p' | sort -nu || true
}

# fitting CAPABILITY: prints the one to compile for so that a GPU of that capability can run it. Its own; else an older one
# of its generation, whose machine code it runs; else the newest of an older generation, whose PTX its driver compiles.
# Nothing if it is older than all.
fitting() {
  local candidate same="" older=""
  for candidate in "${ALL_CAPABILITIES[@]}"; do
    ((candidate <= $1)) || continue
    older=$candidate
    ((candidate / 10 != $1 / 10)) || same=$candidate
  done
  echo "${same:-$older}"
}

# dotted CAPABILITY...: prints them as NVIDIA writes them, such as 9.0.
dotted() { printf '%s\n' "$@" | sed 's/.$/.&/' | paste -sd ' '; }

# find_gpus: sets `gpus` to what a first start compiles for: all, none (`gpus_lack` says why), or capabilities.
find_gpus() {
  local capability here
  gpus=none
  gpus_lack="there is no NVIDIA driver (libcuda.so.1); when there is one, start again"
  have_driver || return 0
  mapfile -t here < <(capabilities_here)
  if ((${#here[@]} == 0)); then
    gpus=all
    return
  fi
  gpus=$(for capability in "${here[@]}"; do fitting "$capability"; done | sort -nu | paste -sd ' ')
  gpus_lack="they need a newer GPU than this machine's (compute capability $(dotted "${here[@]}"))"
  gpus=${gpus:-none}
}

# choose_images all|here|keep FRESH: sets `image_options` to CMake's options that give the build folder these images besides
# those that it has; to none if it has them. FRESH is true for a folder that has nothing.
choose_images() {
  local has="" known="" missing
  image_options=()
  [[ $1 != keep ]] || return 0
  if [[ $2 == false ]]; then
    known=${cached[LODE_CUDA]:-}
    if [[ $known == ON ]]; then has=${cached[LODE_CUDA_CAPABILITIES]//;/ }; fi
    if [[ -n $has && -z $(without "${ALL_CAPABILITIES[*]}" "$has") ]]; then return; fi
  fi
  have_nvcc || return 0  # CMake sees that too
  gpus=all
  if [[ $1 == here ]]; then find_gpus; fi
  case $gpus in
    all) image_options=(-ULODE_CUDA -ULODE_CUDA_CAPABILITIES) ;;
    none) if [[ -z $known ]]; then image_options=(-DLODE_CUDA=OFF); fi ;;
    *)
      missing=$(without "$gpus" "$has")
      if [[ -n $missing ]]; then
        # shellcheck disable=SC2086  # words
        image_options=(-ULODE_CUDA "-DLODE_CUDA_CAPABILITIES=$(printf '%s\n' $has $gpus | sort -nu | paste -sd ';')")
      fi
      ;;
  esac
}

# Notes which images the build folder lacks, why, and what to do.
note_images() {
  local has
  if [[ ${cached[LODE_CUDA]:-} == ON ]]; then
    has=${cached[LODE_CUDA_CAPABILITIES]//;/ }
    if [[ -z $(without "${ALL_CAPABILITIES[*]}" "$has") ]]; then return; fi
    # shellcheck disable=SC2086  # words
    left_out+=("CUDA kernels for other GPUs than this machine's (built: compute capability $(dotted $has)); \`./bootstrap build\` compiles them for all")
  elif have_nvcc; then
    if [[ -z ${gpus_lack:-} ]]; then find_gpus; fi
    left_out+=("CUDA kernels: $gpus_lack. \`./bootstrap build\` compiles them for all GPUs")
  else
    left_out+=("CUDA kernels: there is no CUDA compiler (nvcc). For NVIDIA GPUs install the CUDA Toolkit (on Debian the package nvidia-cuda-toolkit), then run \`./bootstrap build\`")
  fi
}
