#!/bin/bash
# column_symbols.sh NM OBJECT SYMBOL: the joined object file of an instruction-set column shows SYMBOL and nothing else.
# A shared inline function that stays visible may be taken for the whole program, which then dies on an older processor.
set -uo pipefail
# What is initialized before main() would run the column's instructions on every machine.
if "$1" "$2" | grep -q '_GLOBAL__sub_I'; then
  echo "$2 initializes something when the program starts; make it a function or constexpr:"
  "$1" --demangle "$2" | grep '_GLOBAL__sub_I'
  exit 1
fi
symbols=$("$1" --defined-only --extern-only --format=posix "$2" | awk '{ print $1 }' | sort) || exit 1
[ "$symbols" = "$3" ] && exit 0
echo "$2 should define the one global symbol $3, but defines:"
"$1" --defined-only --extern-only --demangle "$2" | head -40
exit 1
