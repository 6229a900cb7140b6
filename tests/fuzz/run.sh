#!/bin/bash
# run.sh PROGRAM SEEDS [MORE_SEEDS...]: one fuzzer for a fixed time (NETWRIGHT_FUZZ_SECONDS, 20), from its seeds (if there are any) and what
# earlier runs found. Memory is bounded: a reader that believes a size in a broken file fails here.
program=$1 seeds=$2
found=$program.corpus
mkdir -p "$found"
folders=("$found")
[ -d "$seeds" ] && folders+=("$seeds")
for more in "${@:3}"; do [ -d "$more" ] && folders+=("$more"); done
exec "$program" -max_total_time="${NETWRIGHT_FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 \
  -max_len=65536 -print_final_stats=1 -artifact_prefix="$program." "${folders[@]}"
