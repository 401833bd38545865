# Read by ./elbo and ./test, which set `root`: installs the packages that are missing and builds what changed.

build=$root/build

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

# packages <part>: the names in setup/packages.
packages() { sed -n "s/^$1 \+//p" "$root/setup/packages"; }

# logged <log> <message> <command>...: says the message and, on a terminal, shows the command's last line while it
# runs; shows the whole log if it fails. Says nothing when ninja finds nothing to do.
logged() {
  local log=$1 message=$2 live= line status
  shift 2
  [[ -t 2 ]] && live=1
  "$@" < /dev/null 2>&1 9>&- | tee "$log" | while IFS= read -r line; do
    [[ $line == *'Re-checking globbed directories'* || $line == 'ninja: '* ]] && continue
    [[ $message ]] && say "$message"
    message=
    [[ $live ]] && printf '\r\e[2K%.*s' $((${COLUMNS:-80} - 1)) "$line" >&2
  done
  status=${PIPESTATUS[0]}
  [[ $live ]] && printf '\r\e[2K' >&2
  ((status == 0)) || cat "$log" >&2
  return "$status"
}

may_be_root() {
  ((EUID == 0)) && return
  command -v sudo > /dev/null || return
  sudo -n true 2> /dev/null || { [[ -t 0 ]] && sudo -v; }
}

as_root() {
  local sudo=
  ((EUID == 0)) || sudo=sudo
  $sudo env DEBIAN_FRONTEND=noninteractive "$@"
}

# install <package>...: those that are missing.
install() {
  command -v apt-get > /dev/null || { say "no apt-get here, so nothing is installed; the build expects: $*"; return; }
  local present missing
  present=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2> /dev/null | sed -n 's/ installed$//p')
  mapfile -t missing < <(printf '%s\n' "$@" | grep -vxF -e "${present:-none}")
  ((${#missing[@]})) || return 0

  local get=(apt-get install -y -q --no-install-recommends "${missing[@]}")
  may_be_root || die "Debian packages are missing and only root can install them; run this, then start again:
  sudo apt-get update && sudo ${get[*]}"
  local update=(logged "$build/update.log" "reading the lists of packages" as_root apt-get update -q)
  apt-get install -s "${missing[@]}" > /dev/null 2>&1 || "${update[@]}"
  get=(logged "$build/install.log" "installing Debian packages: ${missing[*]}" as_root "${get[@]}"
    -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
  # Old lists name files that the mirror no longer has.
  "${get[@]}" || { "${update[@]}" && "${get[@]}"; } ||
    die "the packages could not be installed; the log is above and in $build/install.log"
}

# One compiler a core, where there are 1.5 GB for each: libtorch's headers need it.
jobs_at_once() {
  local key kib cores
  while read -r key kib _; do [[ $key == MemAvailable: ]] && break; done < /proc/meminfo
  cores=$(env -u OMP_NUM_THREADS nproc)  # which nproc would heed
  local fit=$((kib / 1572864))
  echo $((fit < 1 ? 1 : fit < cores ? fit : cores))
}

configure() {
  grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt" ||
    rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles" "$build/build.ninja"
  [[ -f $build/build.ninja ]] ||
    logged "$build/configure.log" "configuring" cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
}

# prepare <part of setup/packages, with those it needs> -- <build target>...
# Parts that were found installed are not looked for again until the list, or the project's place, changes.
prepare() {
  local parts=() part known message="building what changed"
  while [[ $1 != -- ]]; do parts+=("$1"); shift; done
  shift
  mkdir -p "$build" && exec 9> "$build/.lock" || die "cannot write to $build; use a copy of the project that is yours"
  flock -n 9 || { say "waiting: another start is building"; flock 9; }

  known=$root$'\n'$(< "$root/setup/packages")
  for part in "${parts[@]}"; do
    [[ -f $build/.$part && $(< "$build/.$part") == "$known" ]] && continue
    [[ ${ELBO_INSTALL:-yes} == no ]] || install $(packages "$part")
    configure || return
    printf '%s\n' "$known" > "$build/.$part"
  done
  [[ -x $build/bin/elbo ]] || message="building (the first time takes some five minutes on two cores)"
  logged "$build/build.log" "$message" ninja -C "$build" -j "$(jobs_at_once)" "$@" ||
    { rm -f "${parts[@]/#/$build/.}"; return 1; }
  exec 9>&-
}
