#!/usr/bin/env bash
# docs/writing-a-plugin.md shows the plugin that is built and checked here. Usage: documented_test.sh SOURCE
set -eu
diff <(sed -n '/^```cpp$/,/^```$/{//!p}' "$1/docs/writing-a-plugin.md") "$1/tests/torch_layers/gru.cpp" ||
  { echo "docs/writing-a-plugin.md shows another plugin than tests/torch_layers/gru.cpp"; exit 1; }
