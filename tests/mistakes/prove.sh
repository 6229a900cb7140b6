#!/bin/bash
# Shows that the tests of the CUDA half find mistakes. Each patch beside this script puts one into the files that ship (into
# copies of them); what it concerns is compiled again, linked with the rest of a build into the smallest test that must find
# it, and run: it has to fail, and to say what the patch's line `Caught:` expects. The same test
# without the mistake has to pass.
#
#   tests/mistakes/prove.sh [--built] [BUILD...] [NAME...]
#
# BUILD: build folders by ninja, with and without sanitizers; without one, `build` and the sanitizers' in it that there are, as
# packaging/test makes them. Mistakes that only a sanitizer finds are left out without its folder. The tests are built first, but
# for --built. NAME: only these patches.
# Status: 0 all were caught; 1 one was not, or a test fails by itself; 2 what it was given makes no sense.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
readonly mostSeconds=900  # of a test

declare -A builds=()
names=()
built=
# takeBuild FOLDER: what it is for, its cache says.
takeBuild() {
  local kind=plain
  case $(sed -n 's/^NETWRIGHT_SANITIZE:[^=]*=//p' "$1/CMakeCache.txt") in *address*) kind=asan ;; *thread*) kind=tsan ;; esac
  builds[$kind]=$(cd "$1" && pwd)
}
for argument; do
  if [ "$argument" = --built ]; then built=yes
  elif [ -e "$argument/CMakeCache.txt" ]; then takeBuild "$argument"
  elif [ -e "$here/$argument.patch" ]; then names+=("$argument")
  else
    echo "'$argument' is neither a build folder nor a mistake" >&2
    sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
  fi
done
if [ ${#builds[@]} -eq 0 ]; then
  for folder in "$root"/build{,/asan,/tsan}; do [ ! -e "$folder/CMakeCache.txt" ] || takeBuild "$folder"; done
fi
[ ${#builds[@]} -gt 0 ] || { echo "no build folder; packaging/test makes them" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
field() { sed -n "s/^$1: //p" "$2" | head -1; }
chosen() { [ ${#names[@]} -eq 0 ] || [[ " ${names[*]} " == *" $(basename "$1" .patch) "* ]]; }

if [ -z "$built" ]; then
  for kind in "${!builds[@]}"; do
    mapfile -t tests < <(for patch in "$here"/*.patch; do chosen "$patch" && [ "$(field Build "$patch")" = "$kind" ] && field Run "$patch"; done |
      sed 's/ .*//' | sort -u)
    [ ${#tests[@]} -eq 0 ] || ninja -C "${builds[$kind]}" "${tests[@]}" >"$work/ninja" || { tail -20 "$work/ninja"; exit 1; }
  done
fi

# commandOf BUILD TARGET [PATTERN]: the last command that makes it, of those that match.
commandOf() { (cd "$1" && ninja -t commands "$2" | grep -E -- "${3:-.}" | tail -1); }

# compile BUILD COMMAND SOURCE OBJECT: as COMMAND does, with what is in $work/files before all else.
compile() {
  local command
  command=$(sed -E "s| -M[DTF]( [^- ][^ ]*)?||g; s| -o [^ ]+||; s| -c [^ ]+||; s| -I| -I$work/files -I|" <<<"$2")
  (cd "$1" && eval "$command -Wno-error -x c++ -c '$3' -o '$4'")
}

# The file with the mistake where the patch changes it, else as it ships.
sourceOf() { if [ -e "$work/files/$1" ]; then echo "$work/files/$1"; else echo "$root/$1"; fi; }

# opColumn BUILD FILE TEST: $work/column.o with the op file compiled again; for the test of ops it is alone in there.
opColumn() {
  local build=$1 file=$2 objects name ofColumn
  name=$(basename "$file" .cu)
  ofColumn=$(commandOf "$build" tests/column_cuda.o 'column_cuda_objects\.dir.* -c ')
  compile "$build" "$ofColumn" "$(sourceOf "$file")" "$work/$name.o" || return
  if [ "$3" = ops_cuda_test ]; then
    cat >"$work/column.cpp" <<COLUMN
#include "engine/graph/op.h"
namespace engine {
OpFile ${name}_file();
extern "C" __attribute__((visibility("default"))) void column_cuda(void (*take)(void*, const OpFile&), void* to) { take(to, ${name}_file()); }
}
COLUMN
    compile "$build" "$ofColumn" "$work/column.cpp" "$work/table.o" || return
    objects=$work/table.o
  else
    objects=$(commandOf "$build" tests/column_cuda.o 'ld -r' | grep -oE '/[^ ]*column_cuda_objects\.dir/[^ ]*\.o' | grep -v "/$name\.cu\.o")
  fi
  # The one with the mistake first: of inline functions that several files have, the linker takes the first.
  ld -r --force-group-allocation -o "$work/column.o" "$work/$name.o" $objects && objcopy --keep-global-symbol=column_cuda "$work/column.o"
}

# link BUILD TEST COLUMN OBJECT [REPLACED]: $work/TEST, with the object before all others, or instead of one.
link() {
  local command
  command=$(commandOf "$1" "$2" " -o tests/$2 " |
    sed -e "s| ${5:-nothing to replace} | |; s| -o tests/$2 | -o $work/$2 $4 |; s| tests/column_cuda\.o| $3|")
  (cd "$1" && eval "$command")
}

# run KIND PROGRAM ARGUMENTS...
run() {
  local kind=$1 fixedAddresses=()
  shift
  # Address-space randomisation of newer kernels is more than g++ 12's thread sanitizer can place its shadow in.
  [ "$kind" = plain ] || ! setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null || fixedAddresses=(setarch "$(uname -m)" --addr-no-randomize)
  # What the undefined-behaviour sanitizer says comes first and must not end it: the patch tells what is waited for.
  UBSAN_OPTIONS=halt_on_error=0 TSAN_OPTIONS="halt_on_error=1:suppressions=$root/tests/house/thread_sanitizer.supp" ASAN_OPTIONS=allocator_may_return_null=1 \
    QT_QPA_PLATFORM=offscreen timeout "$mostSeconds" "${fixedAddresses[@]}" "$@" >"$work/output" 2>&1
}

declare -A passes=()
caught=0 missed=0 leftOut=0
# prove PATCH BUILD KIND: prints what the test said; 1 if it did not find the mistake.
prove() {
  local patch=$1 build=$2 kind=$3 file test arguments expected said
  file=$(field Compile "$patch") expected=$(field Caught "$patch")
  read -r test arguments < <(field Run "$patch")
  if [ -z "${passes[$kind $test $arguments]:-}" ]; then
    run "$kind" "$build/tests/$test" $arguments || { echo "$test $arguments fails without a mistake:"; tail -5 "$work/output"; return 1; }
    passes[$kind $test $arguments]=yes
  fi
  rm -rf "$work/files"
  while read -r changed; do
    mkdir -p "$work/files/$(dirname "$changed")"
    cp "$root/$changed" "$work/files/$changed"
  done < <(sed -n 's|^+++ b/||p' "$patch")
  patch --quiet -p1 -d "$work/files" <"$patch" || { echo "the patch does not fit"; return 1; }
  local column=tests/column_cuda.o object= replaced=
  case $file in
    engine/ops/* | engine/optimizers/*) opColumn "$build" "$file" "$test" && column=$work/column.o ;;
    engine/device/*.cu) object=$work/object.o
      compile "$build" "$(commandOf "$build" "tests/CMakeFiles/cuda_module_on_cpu.dir/__/$file.o")" "$(sourceOf "$file")" "$object" ;;
    tests/*) object=$work/object.o replaced=tests/CMakeFiles/$test.dir/${file#tests/}.o
      compile "$build" "$(commandOf "$build" "$replaced")" "$(sourceOf "$file")" "$object" ;;
    *) object=$work/object.o
      compile "$build" "$(commandOf "$build" "engine/CMakeFiles/engine.dir/${file#engine/}.o")" "$(sourceOf "$file")" "$object" ;;
  esac && link "$build" "$test" "$column" "$object" "$replaced" || { echo "it does not compile"; return 1; }
  run "$kind" "$work/$test" $arguments && { echo "$test $arguments passes"; return 1; }
  said=$(grep -aF -m1 -- "$expected" "$work/output") || { echo "$test fails, but does not say '$expected':"; tail -8 "$work/output"; return 1; }
  echo "$said" | sed 's/^ *//' | cut -c1-160
}

for patch in "$here"/*.patch; do
  name=$(basename "$patch" .patch)
  chosen "$patch" || continue
  kind=$(field Build "$patch")
  build=${builds[$kind]:-}
  if [ -z "$build" ]; then
    leftOut=$((leftOut + 1))
    printf 'left out  %s (no %s build)\n' "$name" "$kind"
    continue
  fi
  began=$SECONDS
  prove "$patch" "$build" "$kind" >"$work/said" 2>"$work/errors"
  if [ $? -eq 0 ]; then
    caught=$((caught + 1))
    printf 'caught    %s (%d s): %s\n' "$name" $((SECONDS - began)) "$(cat "$work/said")"
  else
    missed=$((missed + 1))
    printf 'MISSED    %s: %s\n' "$name" "$(cat "$work/said")"
    head -5 "$work/errors"
  fi
done
echo "$caught caught, $missed missed, $leftOut left out"
[ "$missed" -eq 0 ] && [ "$caught" -gt 0 ]
