#!/bin/bash
# table.sh ROOT [--write]: whether every mistake beside this script (prove.sh tells what they are) still fits the files of ROOT, has
# all its lines, names a test that there is, and stands in the table of tests/README.md, with no other. --write makes that table.
# Prints what is wrong, and fails if something is. Does not prove that a mistake is caught: prove.sh does.
set -uo pipefail
root=$(cd "$1" && pwd) || exit 2
cd "$root/tests" || exit 2
wrong=0
say() { echo "$*"; wrong=$((wrong + 1)); }
field() { sed -n "s/^$1: //p" "$2"; }

for patch in mistakes/*.patch; do
  for name in Mistake Compile Run Build Caught; do
    [ "$(field $name "$patch" | grep -c .)" -eq 1 ] || say "$patch: not one line '$name: ...'"
  done
  [ -f "$root/$(field Compile "$patch")" ] || say "$patch: no file $(field Compile "$patch")"
  case $(field Build "$patch") in plain | asan | tsan) ;; *) say "$patch: Build is plain, asan or tsan" ;; esac
  read -r program arguments < <(field Run "$patch")
  function=${arguments##* } function=${function%%:*}
  grep -qsE "^  void $function\(\) \{" {kernels,engine}/"$program.cpp" || say "$patch: $program has no test '$function'"
  # To the letter: a patch that has to guess its place may put the mistake elsewhere.
  patch --dry-run --quiet --force --fuzz=0 -p1 -d "$root" <"$patch" >/dev/null || say "$patch: does not fit the tree"
done

readonly begin='<!-- mistakes: by tests/mistakes/table.sh -->' end='<!-- /mistakes -->'
table() {
  echo '| mistake | patch | check that finds it | and says |'
  echo '|---|---|---|---|'
  local patch name build
  for patch in mistakes/*.patch; do
    name=$(basename "$patch" .patch) build=$(field Build "$patch")
    case $build in asan) build=', address sanitizer' ;; tsan) build=', thread sanitizer' ;; *) build= ;; esac
    printf '| %s | [%s](%s) | `%s`%s | `%s` |\n' "$(field Mistake "$patch")" "$name" "$patch" "$(field Run "$patch")" "$build" "$(field Caught "$patch")"
  done
}
if [ "${2:-}" = --write ]; then
  table >"$root/tests/README.md.table"
  sed -i -e "\|^$begin|,\|^$end|{\|^$begin|{p;r README.md.table
}; \|^$end|p; d}" README.md
  rm "$root/tests/README.md.table"
fi
diff <(table) <(sed -n "\|^$begin|,\|^$end|p" README.md | sed '1d;$d') ||
  say "the table of tests/README.md is not that of the patches (above: < theirs, > its); tests/mistakes/table.sh ROOT --write makes it"
[ "$wrong" -eq 0 ]
