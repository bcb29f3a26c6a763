# Installs the program under a prefix.
# shellcheck shell=bash disable=SC2034,SC2154  # shares its variables with ./bootstrap

# install_lode [PREFIX]: under DESTDIR, if that is set. What CMake installs is put together in a folder of ours and copied
# from there, so that root writes nothing into the build folder.
install_lode() {
  local prefix=${1-/usr/local} destination=${DESTDIR:-} stage path as_who=()
  (($# <= 1)) || die "install: takes one PREFIX, not '$2' too"
  [[ -n $prefix && $prefix != -* ]] || die "install: '$prefix' is no PREFIX; name a folder, such as /opt/lode"
  [[ -z $destination || $destination == /* ]] || die "DESTDIR is '$destination'; it must begin with /"
  prefix=$(readlink -m -- "$prefix")
  build_lode all

  stage=$(mktemp -d)
  scratch+=("$stage")
  say "installing in $destination$prefix"
  DESTDIR=$stage cmake --install "$build" --prefix "$prefix" >/dev/null ||
    die "the installation failed (see above)"
  while IFS= read -r -d '' path; do
    writable "$destination/${path%/*}" || as_who=(as_root)
  done < <(files_in "$stage")
  if ((${#as_who[@]} > 0 && EUID != 0)); then
    have sudo || die "root rights are needed, and there is no sudo. As root: $(install_by_hand "$prefix")"
    say "root rights are needed for $destination$prefix"
  fi
  # Only files are copied, so folders that are there keep their owner and mode.
  files_in "$stage" | tar -C "$stage" --null -T - --owner=0 --group=0 -cf - |
    (umask 022 && "${as_who[@]}" mkdir -p -- "$destination/" && "${as_who[@]}" tar -C "$destination/" -xf -) ||
    die "the installation failed (see above). By hand: $(install_by_hand "$prefix")"

  files_in "$stage" | tr '\0' '\n' | sed "s|^|bootstrap:   ${destination//|/\\|}/|" >&2
  say "the service is described in docs/operations.md, \"Running under systemd\""
  report_left_out
}

files_in() { (cd -- "$1" && find . ! -type d -printf '%P\0' | sort -z); }

# writable FOLDER: true if this user can write there, or can make it.
writable() {
  local folder=$1
  while [[ ! -e $folder ]]; do folder=$(dirname -- "$folder"); done
  [[ -d $folder && -w $folder ]]
}

# Prints the whole command that installs what is built, to copy.
install_by_hand() {
  local sudo="sudo "
  if ((EUID == 0)) || ! have sudo; then sudo=; fi
  printf '%s%scmake --install %q --prefix %q\n' "$sudo" "${DESTDIR:+env DESTDIR=$(printf '%q' "$DESTDIR") }" "$build" "$1"
}
