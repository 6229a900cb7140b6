#!/bin/bash
# table.sh's own test: a small good tree passes, and each thing that is wrong with one is found.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

good() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{kernels,tests/{engine,kernels,mistakes}}
  printf 'one\ntwo\nthree\n' >"$tree/kernels/map.h"
  printf '  void sums() {\n' >"$tree/tests/engine/sum_test.cpp"
  cat >"$tree/tests/mistakes/no_two.patch" <<'PATCH'
Mistake: There is no two
Compile: kernels/map.h
Run: sum_test sums:few
Build: plain
Caught: two is missing

--- a/kernels/map.h
+++ b/kernels/map.h
@@ -1,3 +1,2 @@
 one
-two
 three
PATCH
  printf 'Tests.\n<!-- mistakes: by tests/mistakes/table.sh -->\n<!-- /mistakes -->\nThe end.\n' >"$tree/tests/README.md"
  bash "$here/table.sh" "$tree" --write >/dev/null
}
# expect TEXT COMMAND...: after the command there is something wrong, and it says so.
expect() {
  local text=$1 output
  shift
  good
  (cd "$tree/tests" && "$@")
  if output=$(bash "$here/table.sh" "$tree"); then echo "not found: $*"
  elif ! grep -qF -- "$text" <<<"$output"; then echo "found wrongly: $*"; echo "$output"
  else return
  fi
  failures=$((failures + 1))
}

good
bash "$here/table.sh" "$tree" || { echo "a good tree is refused"; failures=1; }
[ "$(grep -c . "$tree/tests/README.md")" -eq 7 ] || { echo "the table is written wrongly"; cat "$tree/tests/README.md"; failures=1; }
expect 'does not fit the tree' sed -i s/three/four/ ../kernels/map.h
expect "not one line 'Caught" sed -i /^Caught/d mistakes/no_two.patch
expect 'no file kernels/reduce.h' sed -i 's/^Compile: .*/Compile: kernels\/reduce.h/' mistakes/no_two.patch
expect "has no test 'sums'" sed -i s/sums/products/ engine/sum_test.cpp
expect 'Build is' sed -i 's/^Build: .*/Build: fast/' mistakes/no_two.patch
expect 'is not that of the patches' cp mistakes/no_two.patch mistakes/no_second.patch
expect 'is not that of the patches' sed -i '/no_two/d' README.md
expect 'is not that of the patches' sed -i 's/There is no two/Two is not there/' mistakes/no_two.patch
[ $failures -eq 0 ]
