#!/usr/bin/env bash
# From `elbo plugins new` to a comparison with the three commands of docs/writing-a-plugin.md, as they stand there.
# What `new` writes is the plugin of the page on its kind. Usage: new_plugin_test.sh PREFIX SOURCE KIND
set -eu
prefix=$1 source=$2 kind=$3 name=my_$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export PATH=$prefix/bin:$PATH ELBO_CACHE=$scratch/cache
[ "$kind" != likelihood ] || name=my_noise

sed -n '/^```sh$/,/^```$/{//!p}' "$source/docs/writing-a-plugin.md" | sed -n 1,3p > commands
[ "$(wc -l < commands)" = 3 ]
sed -i "s/likelihood my_noise/$kind $name/; s/my_noise/$name/" commands
set -x
. ./commands
set +x
grep -q "^$name  *-\?[0-9]" "runs/$name/comparison.txt"

case $kind in encoder | decoder) page=writing-an-encoder-or-decoder ;; objective) page=writing-an-objective ;; *) page=writing-a-$kind ;; esac
sed -n '/^```cpp$/,/^```$/p' "$source/docs/$page.md" | awk -v macro="($name," '
  /^```cpp$/ { block = ""; next } /^```$/ { if (index(block, macro)) printf "%s", block; next } { block = block $0 "\n" }' |
  diff - "$name.cpp" || { echo "docs/$page.md shows another plugin than elbo plugins new $kind writes"; exit 1; }

# A change of the source reaches the next run, and only the variant that has the plugin is trained again.
if [ "$kind" = likelihood ]; then
  sed -i 's/^\(ELBO_LIKELIHOOD(.*, "\).*"/\1changed"/' my_noise.cpp
  cmake --build build > /dev/null
  elbo run compare.toml | tee second.txt
  [ "$(find runs/my_noise -name log.h5 | wc -l)" = 3 ]  # the old one of my_noise, the new one, and that of gaussian
  grep -q 'likelihood:my_noise was rebuilt' second.txt
  grep -q 'finished before: 1 run' second.txt
fi
