#!/usr/bin/env bash
# The Debian package: what it depends on, and that it works from wherever it is unpacked. Usage: deb_test.sh BUILD
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cpack --config "$1/CPackConfig.cmake" -G DEB -B "$scratch" > cpack.log 2>&1 || { cat cpack.log; exit 1; }
package=$(ls elbo_*.deb)
depends=$(dpkg-deb -f "$package" Depends)
for library in libtorch libhdf5 libfmt libpng libboost-program-options libc6; do
  grep -q "$library" <<< "$depends" || { echo "$package does not depend on $library: $depends"; exit 1; }
done
[ "$(dpkg-deb -f "$package" Package)" = elbo ]
dpkg-deb -f "$package" Recommends | grep -q libtorch-dev

dpkg -x "$package" root
grep -q "MIT" root/usr/share/doc/elbo/copyright
export PATH=$scratch/root/usr/bin:$PATH ELBO_CACHE=$scratch/cache
elbo --version
elbo plugins list | grep -q gaussian
elbo plugins new prior from_package && cd from_package
cmake --workflow --preset default
