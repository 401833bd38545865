#!/usr/bin/env bash
# refused.sh SOURCE COMPILER FLAGS...: SOURCE must fail to compile, and the first of the SDK's sentences must be that on
# the source's first line, after "// expected: "; a source that says "// expected: nothing" must compile.
set -u
source=$1
shift
expected=$(sed -n '1s|^// expected: ||p' "$source")
[ -n "$expected" ] || { echo "$source does not say what is expected"; exit 1; }
said=$("$@" "$source" 2>&1)
code=$?
first=$(grep -o 'static assertion failed: .*' <<< "$said" | head -n 1)
if [ "$expected" = nothing ]; then
  [ $code = 0 ] && exit 0
elif [ $code != 0 ] && [ "$first" = "static assertion failed: $expected" ]; then
  exit 0
fi
printf 'expected: %s\nthe compiler ended with %s and said:\n%s\n' "$expected" $code "$said"
exit 1
