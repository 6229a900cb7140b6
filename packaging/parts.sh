# What packaging/run and packaging/test share: packages, configuring, building, and the clock. To be sourced by bash.
# Talk goes to stderr, so that stdout keeps the result.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${NETWRIGHT_JOBS:-$(nproc)}
readonly tree jobs
# A clone in another folder finds what this one compiled.
export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1
# Precompiled headers are only cached by their content with these.
export CCACHE_SLOPPINESS=pch_defines,time_macros
readonly cannotInstall=3  # exit status: packages are missing and we may not install them

say() { printf '%s\n' "$*" >&2; }

# packagesOf GROUP...: the names in packages.txt.
packagesOf() {
  local group
  for group in "$@"; do
    sed 's/#.*//' "$tree/packaging/packages.txt" | awk -v group="$group" '$1 == group { print $2 }'
  done
}

# missingPackages NAME...: those that are not installed.
missingPackages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done
}

# mayBecomeRoot: sudo is there and works without a question, or can ask one.
mayBecomeRoot() { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }

# installPackages GROUP...: asks apt only for what is missing; touches nothing when all is there.
installPackages() {
  local missing prefix=()
  if ! command -v dpkg-query >/dev/null; then
    say "This needs Debian 12 or a system like it (dpkg is not here). Its packages: $(packagesOf "$@" | xargs)"
    return $cannotInstall
  fi
  mapfile -t missing < <(missingPackages $(packagesOf "$@"))
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! mayBecomeRoot; then
      say "These Debian packages are missing, and installing them needs root or sudo:"
      say "  apt-get install --no-install-recommends ${missing[*]}"
      say "Run that as root, then this again."
      return $cannotInstall
    fi
    prefix=(sudo)
  fi
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  # A source that cannot be reached is no reason to stop: what is needed may come from the others.
  "${prefix[@]}" apt-get update -qq >&2 || say "apt-get update had problems; going on with what it got"
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    </dev/null >&2
}

# configure PRESET DIR: once, and again only when the presets changed. (A changed CMakeLists.txt is ninja's to notice.)
configure() {
  local preset=$1 dir=$tree/$2 presets
  presets=$(cksum <"$tree/CMakePresets.json")
  [ -f "$dir/build.ninja" ] && [ "$(cat "$dir/configured" 2>/dev/null)" = "$presets" ] && return 0
  rm -f "$dir/configured"
  (cd "$tree" && cmake --preset "$preset") >&2 || return
  echo "$presets" >"$dir/configured"
}

# build DIR [TARGET...]
build() {
  local dir=$tree/$1
  shift
  ninja -C "$dir" -j "$jobs" "$@" >&2
}

# hasTarget DIR TARGET
hasTarget() { ninja -C "$tree/$1" -t query "$2" >/dev/null 2>&1; }

# timed NAME COMMAND...: runs it and keeps how long it took.
partNames=() partSeconds=()
timed() {
  local name=$1 start=$SECONDS status=0
  shift
  say "== $name"
  "$@" || status=$?
  partNames+=("$name") partSeconds+=($((SECONDS - start)))
  return $status
}

sayTimes() {
  local i
  say "== Times"
  for i in "${!partNames[@]}"; do
    printf '%5d s  %s\n' "${partSeconds[i]}" "${partNames[i]}" >&2
  done
  printf '%5d s  %s\n' "$SECONDS" "all" >&2
}
