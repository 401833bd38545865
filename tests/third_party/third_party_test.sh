#!/usr/bin/env bash
# Installs into a fresh prefix, moves it, and does there what docs/writing-a-plugin.md says, with the code of that page.
# Usage: third_party_test.sh SOURCE BUILD
set -eu
source=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/installed" > "$scratch/install.log"
mv "$scratch/installed" "$scratch/prefix"

mkdir "$scratch/plugin" && cd "$scratch/plugin"
page=$source/docs/writing-a-plugin.md
sed -n '/^```cpp$/,/^```$/{//!p}' "$page" > my_noise.cpp
sed -n '/^```cmake$/,/^```$/{//!p}' "$page" > CMakeLists.txt
cmake -G Ninja -S . -B build -DCMAKE_PREFIX_PATH="$scratch/prefix" > configure.log 2>&1 || { cat configure.log; exit 1; }
cmake --build build

export ELBO_PLUGIN_PATH=$PWD/build/lib/elbo/plugins ELBO_CACHE=$scratch/cache CI=1
elbo=$scratch/prefix/bin/elbo
"$elbo" plugins list | grep my_noise
"$elbo" plugins describe likelihood:my_noise | grep -q 'min_log_scale = -7.0'
cat > compare.toml <<'TOML'
latent_dim = 2
dataset = { name = "linear_gaussian", observe = "real", train = 500, test = 100 }
encoder = { plugin = "mlp", hidden = [16] }
decoder = { plugin = "mlp", hidden = [16] }
prior = { plugin = "standard_normal" }
train = { max_epochs = 2 }
evaluate = { importance_samples = 10 }
[[variant]]
name = "mine"
likelihood = { plugin = "my_noise" }
[[variant]]
name = "gaussian"
likelihood = { plugin = "gaussian" }
TOML
"$elbo" run compare.toml --out results
grep -q '^mine ' results/comparison.txt
