# To be sourced by the run scripts: the project's folder, the number of cores, and quiet configuring and building.

project_dir="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
source "$project_dir/cmake/packages.sh"
cores=$(nproc)

# logged LOG COMMAND...: runs the command in the project's folder; its output goes to LOG, and its end is shown if it fails.
logged() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  (cd "$project_dir" && "$@") </dev/null >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    tail -n 150 "$log" >&2
    printf '\nfailed: %s\nwhole output: %s\n' "$*" "$log" >&2
  fi
  return "$status"
}

# configure PRESET DIRECTORY [OPTION...]
configure() {
  local preset=$1 directory=$2
  shift 2
  logged "$directory/configure.log" cmake --preset "$preset" -B "$directory" "$@"
}

# build DIRECTORY [TARGET...]
build() {
  local directory=$1
  shift
  logged "$directory/build.log" cmake --build "$directory" --parallel "$cores" ${1:+--target "$@"}
}
