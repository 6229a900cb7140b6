#!/bin/bash
# Runs a compiler of the CUDA module (keep_ptxas_words.sh COMPILER ARGUMENTS... -o OBJECT ...) and keeps what ptxas says of its kernels in
# OBJECT.ptxas, for kernel_resources.sh; everything else that is said goes on.
set -uo pipefail
object=
for ((i = 1; i < $#; ++i)); do
  if [ "${!i}" = -o ]; then next=$((i + 1)); object=${!next}; fi
done
[ -n "$object" ] || exec "$@"
readonly ptxas='^ptxas info|bytes stack frame|^ *Compile time'
{ words=$("$@" 2>&1 >&3); } 3>&1
status=$?
grep -E "$ptxas" <<<"$words" >"$object.ptxas"
grep -vE "$ptxas" <<<"$words" | grep . >&2
exit $status
