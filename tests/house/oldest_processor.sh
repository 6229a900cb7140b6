#!/bin/bash
# oldest_processor.sh NETW: trains on an emulated Nehalem of 2008 (SSE 4.2, no AVX). Code of a newer column that leaks
# into the program, as an inline function that the linker took from there, dies here by SIGILL.
set -uo pipefail
emulator=$(command -v qemu-x86_64) || { echo "skipped: qemu-x86_64 is not here (Debian package qemu-user)"; exit 77; }
netw=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export LC_ALL=C.UTF-8

old() { "$emulator" -cpu Nehalem "$netw" "$@"; }
check() {
  local status=$?
  [ $status -eq 0 ] && return
  echo "$1: status $status on a Nehalem$([ $status -eq 132 ] && echo ' (illegal instruction)')"
  cat "$folder"/*.txt
  exit 1
}

old devices --json >"$folder/devices.txt" 2>&1
check "netw devices"
grep -qE '"isa" *: *"baseline"' "$folder/devices.txt" || { echo "not the baseline column:"; cat "$folder/devices.txt"; exit 1; }
old new xor "$folder/xor.netw" >"$folder/new.txt" 2>&1
check "netw new"
old train "$folder/xor.netw" --steps 20 >"$folder/train.txt" 2>"$folder/talk.txt"
check "netw train"
tail -n 1 "$folder/train.txt" | grep -qE '^(test|validation) (accuracy|loss) [0-9.]+$' || {
  echo "no result on the last line:"; cat "$folder/train.txt"; exit 1; }
