# What ./bootstrap says while it works. All of it goes to standard error; standard output belongs to the program.
# shellcheck shell=bash disable=SC2034  # shares its variables with ./bootstrap

verbose=false
left_out=()  # what was done without, each with the reason and the remedy
scratch=()   # files and folders to remove at the end
trap '((${#scratch[@]} == 0)) || rm -rf -- "${scratch[@]}"' EXIT

say() { printf 'bootstrap: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# True if one line that changes takes the place of a command's output: on a terminal, without --verbose.
in_place() { [[ $verbose == false && -t 2 && ${TERM:-dumb} != dumb ]]; }

# quietly WHAT COMMAND...: says WHAT and runs the command. On a terminal only the last line of its output is seen at a
# time, and all of it if it fails; elsewhere and with --verbose all of it.
quietly() {
  local status=0 columns log
  say "$1"
  shift
  if ! in_place; then
    "$@" >&2 || status=$?
    return "$status"
  fi
  columns=$(stty size <&2 2>/dev/null | cut -d' ' -f2) || columns=
  ((${columns:-0} > 0)) || columns=80
  log=$(mktemp)
  scratch+=("$log")
  "$@" 2>&1 | show_last_line $((columns - 1)) "$log" || status=$?
  printf '\r\033[K' >&2
  ((status == 0)) || cat -- "$log" >&2
  rm -f -- "$log"
  return "$status"
}

# show_last_line WIDTH FILE: copies standard input to FILE and shows each line in place of the one before.
show_last_line() {
  local line width=$1
  exec 3>"$2"
  while IFS= read -r line || [[ -n $line ]]; do
    printf '%s\n' "$line" >&3
    line="  ${line//[^[:print:]]/ }"
    printf '\r\033[K%s' "${line:0:width}" >&2
  done
}

# about SECONDS: prints roughly how long that is.
about() {
  local minutes=$((($1 + 30) / 60))
  case $minutes in
    0) echo "less than a minute" ;;
    1) echo "about a minute" ;;
    *) echo "about $minutes minutes" ;;
  esac
}

# Says once more, at the end, what was done without.
report_left_out() {
  local what
  for what in "${left_out[@]}"; do say "left out: $what"; done
}
