#!/bin/bash
# Registers, shared memory, stack, spills and occupancy of every kernel in the CUDA module, as ptxas gave them, as a Markdown table.
#   engine/device/kernel_resources.sh build/engine/libnetwright_cuda.so > engine/device/KERNELS.md
# Needs cuobjdump, which comes with the toolkit (or CUOBJDUMP=path). Status 1 if a kernel keeps something in memory of its own.
set -euo pipefail

readonly module=${1:?the CUDA module that was built}
readonly cuobjdump=${CUOBJDUMP:-cuobjdump}

echo "# Kernels of the CUDA module"
echo
echo "Written by kernel_resources.sh: what ptxas gave each kernel, for compute capability 8.0 unless the build was told otherwise. Occupancy is"
echo "the share of the 2,048 threads of a multiprocessor that can be there at once, in blocks of 256, by registers (65,536) and static"
echo "shared memory (164 KiB)."
echo
echo "| kernel | registers | shared, bytes | stack, bytes | spilled, bytes | occupancy |"
echo "|---|---:|---:|---:|---:|---:|"
"$cuobjdump" --dump-resource-usage "$module" 2>/dev/null | c++filt | awk '
  /^ *Function / { name = $0; sub(/^ *Function /, "", name); sub(/:$/, "", name); next }
  /REG:/ {
    split("", v)
    for (i = 1; i <= NF; ++i) { split($i, p, ":"); v[p[1]] = p[2] }
    gsub(/_INTERNAL_[0-9a-f]+_[0-9]+_[a-z0-9_]+_cu_[0-9a-f]+[0-9]*::/, "", name)
    gsub(/_GLOBAL__N__[0-9a-f]+_[0-9]+_[a-z0-9_]+_cu_[0-9a-f]+[0-9]*::/, "", name)
    gsub(/\(anonymous namespace\)::|engine::|kernels::|^void |, Cuda|float, |<float>/, "", name)
    gsub(/\(Cuda&.*\{lambda/, "{lambda", name); gsub(/\([A-Za-z].*$/, "", name); gsub(/ >/, ">", name); gsub(/\|/, "\\|", name)
    registers = int((v["REG"] + 7) / 8) * 8 * 256
    blocks = 8; if (int(65536 / registers) < blocks) blocks = int(65536 / registers)
    if (v["SHARED"] > 0 && int(167936 / v["SHARED"]) < blocks) blocks = int(167936 / v["SHARED"])
    printf "| `%s` | %d | %d | %d | %d | %d %% |\n", substr(name, 1, 110), v["REG"], v["SHARED"], v["STACK"], v["LOCAL"], blocks * 256 * 100 / 2048
    if (v["STACK"] + v["LOCAL"] > 0) { print name " keeps something in memory of its own" > "/dev/stderr"; bad = 1 }
  }
  END { if (!name) { print "no kernel found" > "/dev/stderr"; exit 1 } exit bad }' | LC_ALL=C sort -u
