# Installs what a command needs: Debian packages, with one update and one installation for each command, and the Bitcoin
# node of the tests.
# shellcheck shell=bash disable=SC2034,SC2154  # shares its variables with ./bootstrap

# Debian packages by purpose. Two words stand for packages whose names depend on the system: boost and clang-rt.
readonly BUILD_PACKAGES=(g++ cmake ninja-build libssl-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
  libhwloc-dev boost)
readonly TEST_PACKAGES=(libgtest-dev libgmock-dev librapidcheck-dev python3)
# OpenCL on the CPU, for its tests, and the headers that one of them compares with. All tests run or skip without.
readonly OPENCL_PACKAGES=(pocl-opencl-icd ocl-icd-libopencl1 opencl-headers)
readonly CHECK_PACKAGES=(clang-format clang-tidy git python3)
# The sanitizers' and libFuzzer's libraries come apart from the compiler, under its version.
readonly FUZZ_PACKAGES=(clang clang-rt)
readonly ARM64_PACKAGES=(cmake ninja-build g++-aarch64-linux-gnu qemu-user googletest)
readonly BOOST_MINIMUM=1.81
readonly CMAKE_MINIMUM=3.25

optional=()               # packages that can be done without
declare -A optional_for=()  # what each of them is for

# Prints those of the packages named that are installed.
installed_of() {
  # shellcheck disable=SC2016  # dpkg-query's own format, not the shell's
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true
}

# Prints those of the packages named that are not installed, each once.
missing_of() {
  local installed package
  local -A seen=()
  (($# > 0)) || return 0
  installed=" $(installed_of "$@" | paste -sd ' ') "
  for package in "$@"; do
    if [[ -n ${seen[$package]:-} ]]; then continue; fi
    seen[$package]=1
    case $package in
      boost) boost_installed || echo "$package" ;;
      clang-rt) have clang && [[ -n $(installed_of "$(names_of clang-rt)") ]] || echo "$package" ;;
      *) [[ $installed == *" $package "* ]] || echo "$package" ;;
    esac
  done
}

# Prints those of the packages named that apt can install.
offered_of() {
  (($# > 0)) || return 0
  LC_ALL=C apt-cache policy "$@" 2>/dev/null |
    awk '/^[^ ].*:$/ { name = substr($0, 1, length($0) - 1) } $1 == "Candidate:" && $2 != "(none)" { print name }' || true
}

# candidate_of PACKAGE: prints the version that apt would install.
candidate_of() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([^(].*\)/\1/p' || true; }

# True if Boost's headers, JSON and URL are installed in one version that is new enough.
boost_installed() {
  local version
  version=$(installed_of 'libboost-url1.*-dev' | sed -n 's/^libboost-url\(1\.[0-9]*\)-dev$/\1/p' | sort -V | tail -n 1)
  [[ -n $version ]] && dpkg --compare-versions "$version" ge "$BOOST_MINIMUM" &&
    [[ -z $(missing_of "libboost$version-dev" "libboost-json$version-dev") ]]
}

# names_of PACKAGE...: the packages' names on this system. Boost is the system's default version where that is new enough,
# else the newest one that is. Where apt knows nothing yet: Debian 12's names.
names_of() {
  local package version
  for package in "$@"; do
    case $package in
      boost)
        version=$(candidate_of libboost-url-dev)
        if [[ -n $version ]] && dpkg --compare-versions "$version" ge "$BOOST_MINIMUM"; then
          printf '%s\n' libboost-dev libboost-json-dev libboost-url-dev
          continue
        fi
        version=$(apt-cache pkgnames libboost-url1 2>/dev/null | sed -n 's/^libboost-url\(1\.[0-9]*\)-dev$/\1/p' |
          sort -V | tail -n 1) || true
        dpkg --compare-versions "${version:-0}" ge "$BOOST_MINIMUM" || version=$BOOST_MINIMUM
        printf '%s\n' "libboost$version-dev" "libboost-json$version-dev" "libboost-url$version-dev"
        ;;
      clang-rt)
        if have clang; then
          version=$(clang -dumpversion)
        else
          version=$(candidate_of clang)
          version=${version#*:}
        fi
        version=${version:-14}
        echo "libclang-rt-${version%%.*}-dev"
        ;;
      *) echo "$package" ;;
    esac
  done
}

# by_hand PACKAGE...: prints the whole command that installs them, to copy.
by_hand() {
  local sudo="sudo "
  if ((EUID == 0)) || ! have sudo; then sudo=; fi
  echo "${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends $(names_of "$@" | paste -sd ' ')"
}

# Runs a command as root.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"  # nobody is there to type a password
  fi
}

apt_install() {
  local what="$# packages"
  (($# > 1)) || what="the package $1"
  quietly "installing $what" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends --no-remove "$@"
}

# want_packages WHAT_FOR PACKAGE...: the next need_packages also installs these if they can be had.
want_packages() {
  local what_for=$1 package
  shift
  for package in "$@"; do
    optional+=("$package")
    optional_for[$package]=$what_for
  done
}

# leave_out REASON PACKAGE...: notes that these are done without.
leave_out() {
  local reason=$1 package what_for
  local -A lists=()
  shift
  for package in "$@"; do lists[${optional_for[$package]}]+="$package "; done
  for what_for in "${!lists[@]}"; do left_out+=("$what_for: no ${lists[$what_for]% } ($reason)"); done
}

# need_packages PACKAGE...: installs those of the packages named that are missing, and with them those wanted. Without a
# missing one: no apt call, no root.
need_packages() {
  local missing wanted names offered lacking
  if ! have dpkg-query || ! have apt-get; then
    need_tools
    return
  fi
  mapfile -t missing < <(missing_of "$@")
  mapfile -t wanted < <(missing_of "${optional[@]}")
  ((${#missing[@]} + ${#wanted[@]} > 0)) || return 0
  worked=true
  say "missing: $(names_of "${missing[@]}" "${wanted[@]}" | paste -sd ' ')"
  if ((EUID != 0)) && ! have sudo; then
    cannot_install "that needs root, and there is no sudo"
    return
  fi
  if ! quietly "updating the package lists" as_root apt-get update; then
    cannot_install "apt-get update failed, which needs root and a network"
    return
  fi

  mapfile -t names < <(names_of "${missing[@]}")
  mapfile -t lacking < <(without "${names[*]}" "$(offered_of "${names[@]}" | paste -sd ' ')")
  if ((${#lacking[@]} > 0)); then
    [[ ${lacking[*]} != *libboost* ]] ||
      die "this system offers no Boost $BOOST_MINIMUM or newer with JSON and URL; lode needs Debian 12, Ubuntu 24.04 or later"
    die "this system offers no package ${lacking[*]}; lode needs Debian 12, Ubuntu 24.04 or later"
  fi
  mapfile -t offered < <(offered_of "${wanted[@]}")
  mapfile -t lacking < <(without "${wanted[*]}" "${offered[*]}")
  leave_out "this system does not offer it" "${lacking[@]}"
  ((${#names[@]} + ${#offered[@]} > 0)) || return 0
  if apt_install "${names[@]}" "${offered[@]}"; then return; fi
  if ((${#names[@]} > 0 && ${#offered[@]} > 0)); then
    say "once more, without what can be done without"
    wanted=("${offered[@]}")
    offered=()
    if apt_install "${names[@]}"; then missing=(); fi
  fi
  cannot_install "the installation failed, see above"
}

# without "A B C" "B": prints those words of the first list that are not in the second.
without() {
  local word
  for word in $1; do [[ " $2 " == *" $word "* ]] || echo "$word"; done
}

# cannot_install REASON: ends if need_packages lacks what must be there, else notes what is done without.
cannot_install() {
  if ((${#missing[@]} > 0)); then
    die "the packages are not installed: $1. By hand, then start again:
  $(by_hand "${missing[@]}" "${wanted[@]}")"
  fi
  leave_out "$1; by hand: $(by_hand "${wanted[@]}")" "${wanted[@]}"
}

# Where there is no apt: what must be there is checked by name, the libraries by CMake.
need_tools() {
  local tool absent=()
  for tool in cmake ninja; do have "$tool" || absent+=("$tool"); done
  have "${CXX:-c++}" || absent+=("a C++20 compiler (g++ 12 or clang 14)")
  if ((${#absent[@]} > 0)); then
    say "this is no Debian or Ubuntu system, so packages must be installed by hand. Not found: ${absent[*]}"
    die "lode needs: g++ 12 or later, CMake $CMAKE_MINIMUM, Ninja, Boost $BOOST_MINIMUM (with JSON and URL), OpenSSL 3, fmt, spdlog, CLI11, toml++, and hwloc 2.4 to tell cores apart (it does without); the tests also GoogleTest, RapidCheck, Python 3, Node.js with npm"
  fi
}

# -------------------------------------------------------------------------------------------- the tests' Bitcoin node

# Collects Node.js if it is missing; one that is no package will do.
want_node() {
  if ! have node || ! have npm; then want_packages "tests with a real Bitcoin node" nodejs npm; fi
}

# Installs the node, again only when its lock file changed. False, and noted, if it cannot be had.
install_node() {
  local folder=$root/tests/interop
  local installed=$folder/node_modules/.installed-lock.json
  if ! have node || ! have npm; then
    [[ ${left_out[*]} == *nodejs* ]] || left_out+=("tests with a real Bitcoin node: no Node.js 18 or later with npm")
    return 1
  fi
  cmp -s "$folder/package-lock.json" "$installed" && return
  worked=true
  if quietly "installing the Bitcoin node of the tests (npm)" \
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error; then
    cp "$folder/package-lock.json" "$installed"
  else
    left_out+=("tests with a real Bitcoin node: npm ci failed in tests/interop (see above); it needs a network")
    return 1
  fi
}
