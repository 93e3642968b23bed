# To be sourced by bash: `need USE...` installs the Debian packages of these uses (see packages.txt) that are missing.
# Where nothing is missing it does nothing; it never removes a package.

packages_list="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packages.txt"

need() {
  local use found package missing=()
  for use in "$@"; do
    found=$(awk -v use="$use" '$1 == use { print $2 }' "$packages_list")
    if [[ -z $found ]]; then
      echo "packages.txt names no package for the use '$use'" >&2
      return 1
    fi
    if ! command -v dpkg-query >/dev/null; then
      echo "Not a Debian system; for '$use' it must have what Debian calls:" $found >&2
      continue
    fi
    for package in $found; do
      [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
  done
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages, and neither root nor sudo to install them. As root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing: ${missing[*]}" >&2
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
  if ! "${apt[@]}" update </dev/null >&2; then
    echo "apt-get update failed; going on with the lists that are there" >&2
  fi
  if [[ " ${missing[*]} " == *" postgresql-"* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    # The package would start a server of its own; the tests start theirs.
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ " ${missing[*]} " == *" mariadb-server "* && ! -e $policy ]]; then
    # So would this one; services are not started while this says so.
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
  else
    policy=
  fi
  "${apt[@]}" install --no-install-recommends --no-remove "${missing[@]}" </dev/null >&2 || status=$?
  [[ -z $policy ]] || "${as_root[@]}" rm "$policy"
  if ((status != 0)); then
    echo "Could not install: ${missing[*]}" >&2
    echo "(if apt-get would have to remove packages, another Boost for example, do it by hand: apt-get install ${missing[*]})" >&2
    return 1
  fi
}
