#!/usr/bin/env bash
# Fuzzes the readers one after the other and stops at the first fault, with the input that shows it.
#   cmake --preset fuzz && cmake --build --preset fuzz && tests/fuzz/run.sh [SECONDS EACH] [TARGET]...
# A fault that was mended leaves its input under tests/fuzz/seeds/<target>/, small and named after what it showed.
set -eu -o pipefail
# What a file claims may be asked for; what is then touched may not grow beyond the limit.
export ASAN_OPTIONS=allocator_may_return_null=1
root=$(dirname "$(readlink -f "$0")")/../..
seconds=${1:-180}
shift || true
(($#)) || set -- $(ls "$root/tests/fuzz/seeds")
for target; do
  found=$root/build-fuzz/found/$target
  mkdir -p "$found/corpus"
  echo "== $target"
  "$root/build-fuzz/bin/fuzz_$target" -jobs=0 -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1048576 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$found/" "$found/corpus" "$root/tests/fuzz/seeds/$target" 2>&1 |
    grep -E 'ERROR|SUMMARY|runtime error|Test unit written|number_of_executed_units|^ +#[0-9]+ .* elbo'
done
