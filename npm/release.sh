#!/bin/sh
# Everything that a release publishes, into target/npm; see npm/RELEASE.md.
set -eu
cd "$(dirname "$0")/.."
if [ "$#" -eq 0 ]; then
  set -- linux-x64 linux-arm64 darwin-x64 darwin-arm64 win32-x64
fi
rm -rf target/npm
for platform in "$@"; do
  all="${all:+$all,}$platform"
done
cargo xtask npm --archives --platform "$all"
