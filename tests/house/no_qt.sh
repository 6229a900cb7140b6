#!/bin/bash
# no_qt.sh PROGRAM: it is linked with no Qt, also not through another library, and with every library found.
set -uo pipefail
libraries=$(ldd "$1") || exit 1
if grep -E 'libQt|not found' <<<"$libraries"; then
  echo "$1 must run without Qt, and with what Debian installs"
  exit 1
fi
