#!/bin/bash
# The installing half of packaging/run and packaging/test, with stand-ins for dpkg, apt, sudo and id: it asks apt only
# for what is missing, uses sudo when it is not root, and says exactly what to install when it may do neither.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0
say_failure() { echo "FAILED: $*"; failures=$((failures + 1)); }

# standIn NAME BODY: a command that writes down how it was called.
standIn() {
  printf '#!/bin/bash\n%s\n' "$2" >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}
# world USER_ID SUDO(yes|no) MISSING: which packages are missing on this machine.
world() {
  rm -rf "$folder/bin" "$folder/calls"
  mkdir -p "$folder/bin"
  touch "$folder/calls"
  standIn id "echo $1"
  standIn dpkg-query "for name; do :; done; [[ ' $3 ' == *\" \$name \"* ]] || echo installed"
  standIn apt-get "echo \"apt-get \$*\" >>'$folder/calls'"
  standIn sudo "[ $2 = yes ] || exit 1; [ \"\$1\" = -n ] || echo sudo >>'$folder/calls'; [ \"\$1\" = -n ] || exec \"\$@\""
}
# install GROUP...: leaves status, talk and calls.
install() {
  talk=$(PATH="$folder/bin:$PATH" bash -c '. "$0/../../packaging/parts.sh"; installPackages "$@"' "$here" "$@" 2>&1 </dev/null)
  status=$?
  calls=$(cat "$folder/calls")
}

world 0 no ""
install build gui test
[ $status -eq 0 ] && [ -z "$calls" ] || say_failure "nothing missing, but: $status, $calls"

world 0 no "cmake qemu-user"
install build gui
[ $status -eq 0 ] && grep -qx 'apt-get update -qq' <<<"$calls" || say_failure "no update as root: $status, $calls"
grep -qE '^apt-get install .* cmake$' <<<"$calls" || say_failure "cmake alone was to be installed: $calls"
grep -q '^sudo' <<<"$calls" && say_failure "root needs no sudo: $calls"

world 1000 yes "cmake qemu-user"
install build gui test
[ $status -eq 0 ] && [ "$(grep -c '^sudo' <<<"$calls")" = 2 ] || say_failure "sudo twice was needed: $status, $calls"
grep -qE '^apt-get install .* cmake qemu-user$' <<<"$calls" || say_failure "two packages were to be installed: $calls"

world 1000 no "cmake qemu-user"
install build gui test
[ $status -eq 3 ] && [ -z "$calls" ] || say_failure "neither root nor sudo: status 3 was expected, got $status, $calls"
grep -q 'apt-get install --no-install-recommends cmake qemu-user$' <<<"$talk" || say_failure "it does not say what to install: $talk"

[ $failures -eq 0 ]
