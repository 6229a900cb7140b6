#!/bin/bash
# Registers, shared memory, stack, spills and occupancy of every kernel in the CUDA module, as ptxas told while it was built
# (keep_ptxas_words.sh), as a Markdown table.
#   engine/device/kernel_resources.sh build/engine/device > engine/device/KERNELS.md
# Status 1 if a kernel keeps something in memory of its own, or there is none.
set -euo pipefail

mapfile -t words < <(find "${1:?the folder in which the CUDA module was built}" -name '*.ptxas' | LC_ALL=C sort)
[ ${#words[@]} -gt 0 ] || { echo "nothing that ptxas said in $1" >&2; exit 1; }

echo "# Kernels of the CUDA module"
echo
echo "Written by kernel_resources.sh: what ptxas gave each kernel, for compute capability 8.0 unless the build was told otherwise. Occupancy is"
echo "the share of the 2,048 threads of a multiprocessor that can be there at once, in blocks of 256, by registers (65,536) and static"
echo "shared memory (164 KiB)."
echo
echo "| kernel | registers | shared, bytes | stack, bytes | spilled, bytes | occupancy |"
echo "|---|---:|---:|---:|---:|---:|"
cat "${words[@]}" | sed -E "s/'([^']*)'/ \1 /" | c++filt | awk '
  # number(what): the one before that word in this line, or 0.
  function number(what,  m) { return match($0, "[0-9]+ " what) ? int(substr($0, RSTART, RLENGTH)) : 0 }
  /Compiling entry function/ { name = $0; sub(/^.*Compiling entry function */, "", name); sub(/ *for *.?sm_[0-9a-z]+.*$/, "", name); next }
  /bytes stack frame/ { stack = number("bytes stack frame"); spilled = number("bytes spill stores") + number("bytes spill loads"); next }
  /Used [0-9]+ registers/ {
    used = number("registers"); shared = number("bytes smem"); all = name
    gsub(/_INTERNAL_[0-9a-f]+_[0-9]+_[a-z0-9_]+_cu_[0-9a-f]+[0-9]*::/, "", name)
    gsub(/_GLOBAL__N__[0-9a-f]+_[0-9]+_[a-z0-9_]+_cu_[0-9a-f]+[0-9]*::/, "", name)
    gsub(/\(anonymous namespace\)::|engine::|kernels::|^void |, Cuda|float, |<float>/, "", name)
    gsub(/\(Cuda&.*\{lambda/, "{lambda", name); gsub(/\([A-Za-z].*$/, "", name); gsub(/ >/, ">", name); gsub(/\|/, "\\|", name)
    registers = int((used + 7) / 8) * 8 * 256
    blocks = 8; if (int(65536 / registers) < blocks) blocks = int(65536 / registers)
    if (shared > 0 && int(167936 / shared) < blocks) blocks = int(167936 / shared)
    printf "| `%s` | %d | %d | %d | %d | %d %% |\n", substr(name, 1, 110), used, shared, stack, spilled, blocks * 256 * 100 / 2048
    if (stack + spilled > 0) { print all " keeps something in memory of its own" > "/dev/stderr"; bad = 1 }
  }
  END { if (!name) { print "no kernel found" > "/dev/stderr"; exit 1 } exit bad }' | LC_ALL=C sort -u
