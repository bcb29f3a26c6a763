# Configures build/release and compiles in it.
# shellcheck shell=bash disable=SC2034,SC2154  # shares its variables with ./bootstrap

# For "about N minutes": processor seconds, as measured once, of a source file in a first build, of a step of a later one,
# of the CUDA images for one compute capability, and of the tests.
readonly SECONDS_PER_SOURCE=2
readonly SECONDS_PER_STEP=4
readonly SECONDS_PER_CAPABILITY=11
readonly SECONDS_OF_TESTS=650

worked=false     # true once this run installed, configured or compiled something
announced=false  # true once this run said how long it takes

declare -A cached  # what CMake's cache in the build folder says

read_cache() {
  local line
  cached=([LODE_CUDA_CAPABILITIES]="")
  [[ -f $build/CMakeCache.txt ]] || return 0
  while IFS= read -r line; do
    cached[${line%%:*}]=${line#*=}
  done < <(grep -E '^(LODE_|CMAKE_HOME_DIRECTORY:)' "$build/CMakeCache.txt" || true)
}

check_toolchain() {
  local version
  have cmake || die "cmake is not on the PATH"
  version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')
  [[ $(printf '%s\n' "$CMAKE_MINIMUM" "$version" | sort -V | head -n 1) == "$CMAKE_MINIMUM" ]] ||
    die "cmake $version is too old, lode needs $CMAKE_MINIMUM or newer"
  have "${CXX:-c++}" || die "no C++ compiler found (${CXX:-c++}); install g++ 12 or newer, or set CXX"
}

# Prints ON or OFF: whether warnings are errors.
werror() {
  case ${LODE_WERROR:-0} in
    0 | OFF) echo OFF ;;
    1 | ON) echo ON ;;
    *) die "LODE_WERROR is '$LODE_WERROR'; say 1 to make warnings errors, or 0" ;;
  esac
}

# configure ON|OFF [all|here|keep]: with the tests and benchmarks or without, and with which CUDA images (choose_images). A
# folder that has more keeps it. CMake's own files are watched by Ninja, the presets by us.
configure() {
  local tests=$1 images=${2:-keep} fresh=false stale=false options=() warnings
  warnings=$(werror)
  read_cache
  [[ -f $build/CMakeCache.txt ]] || fresh=true
  if [[ $fresh == false && ${cached[CMAKE_HOME_DIRECTORY]:-} != "$root" ]]; then
    fresh=true  # the repository was moved or copied
    options=(--fresh)
  fi
  if [[ $tests == OFF && $fresh == false && ${cached[LODE_BUILD_TESTS]:-} == ON ]]; then tests=ON; fi
  if [[ $fresh == true || ! -f $build/build.ninja || ! -f $build/.configured || $root/CMakePresets.json -nt $build/.configured ]] ||
    [[ ${cached[LODE_BUILD_TESTS]:-} != "$tests" || ${cached[LODE_WERROR]:-} != "$warnings" ]]; then
    stale=true
  fi
  choose_images "$images" "$fresh"
  if [[ $stale == false ]] && ((${#image_options[@]} == 0)); then return; fi
  worked=true
  check_toolchain
  options+=(-S "$root" --preset release -DLODE_BUILD_TESTS="$tests" -DLODE_BUILD_BENCH="$tests" -DLODE_WERROR="$warnings"
    "${image_options[@]}")
  quietly "configuring build/release" cmake "${options[@]}" || die "configuring failed (see above)"
  touch "$build/.configured"
  read_cache
}

# announce lode|all IMAGES: says before a first build how long it takes. IMAGES is as in configure.
announce() {
  local folders=(host kernels stratum) sources seconds=0 capabilities=() what="to build"
  if [[ -f $build/build.ninja ]]; then return; fi
  announced=true
  if [[ $1 == all ]]; then
    folders+=(tests bench)
    seconds=$SECONDS_OF_TESTS
    what="to build and test"
  fi
  sources=$(cd "$root" && find "${folders[@]}" -name '*.cpp' | wc -l)
  choose_images "$2" true
  if have_nvcc; then
    case $gpus in
      none) ;;
      all) capabilities=("${ALL_CAPABILITIES[@]}") ;;
      *) read -r -a capabilities <<<"$gpus" ;;
    esac
  fi
  seconds=$((seconds + sources * SECONDS_PER_SOURCE + ${#capabilities[@]} * SECONDS_PER_CAPABILITY))
  say "$(about $((seconds / jobs))) $what, more if packages are missing"
}

# compile TARGET...: builds them; silent when there is nothing to do.
compile() {
  local plan steps what
  configure_again
  # Under this name the manifest is no target of its own, so Ninja does not stop where it would make it anew.
  plan=$(cd "$build" && NINJA_STATUS='[%f/%t] ' ninja -f "$build/build.ninja" -n "$@" 2>/dev/null) || true
  if [[ $plan == *"ninja: no work to do."* ]]; then return; fi
  worked=true
  steps=$(grep -c '^\[' <<<"$plan") || steps=0
  what="building, steps: $steps"
  if [[ $announced == false ]]; then what+=", $(about $((steps * SECONDS_PER_STEP / jobs)))"; fi
  say "$what"
  (run_ninja -j "$jobs" "$@") || die "the build failed (see above)"
}

# Lets Ninja run CMake if its files changed or a header came or went, which only Ninja finds out.
configure_again() {
  local before log
  before=$(stat -c %y "$build/build.ninja")
  log=$(mktemp)
  scratch+=("$log")
  if ! ninja -C "$build" build.ninja >"$log" 2>&1; then
    cat -- "$log" >&2
    die "configuring build/release anew failed (see above)"
  fi
  if [[ $(stat -c %y "$build/build.ninja") != "$before" ]]; then
    worked=true
    say "build/release was configured anew"
    in_place || cat -- "$log" >&2
  fi
}

# Ninja shows one line of progress by itself where it writes to a terminal.
run_ninja() {
  cd "$build" || return
  if [[ $verbose == true ]]; then
    ninja "$@" | cat >&2
  else
    ninja "$@" >&2
  fi
}
