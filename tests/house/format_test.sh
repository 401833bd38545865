#!/usr/bin/env bash
# Every C++ and CUDA source has the layout of .clang-format. Its argument is the project's root.
set -euo pipefail
cd "$1"
find framework plugins templates tests -name '*.[ch]pp' -o -name '*.cu' | xargs clang-format-19 --dry-run --Werror
