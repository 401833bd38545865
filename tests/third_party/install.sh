#!/usr/bin/env bash
# Installs a build into a folder and moves that. Usage: install.sh BUILD PREFIX
set -eu
rm -rf "$2" "$2.before"
cmake --install "$1" --prefix "$2.before" > "$2.log"
mv "$2.before" "$2"
