#!/bin/sh
# Installs the packages of the judge, as package-lock.json names them, into the
# directory given, or into the one where the test looks. What is there and the
# same is left alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-${SMMKIT_OIDC_PROVIDER:-${XDG_CACHE_HOME:-$HOME/.cache}/smmkit/oidc-provider}}
if cmp -s "$here/package-lock.json" "$dir/installed.json"; then
	exit 0
fi
mkdir -p "$dir"
rm -f "$dir/installed.json"
cp "$here/package.json" "$here/package-lock.json" "$dir/"
(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --silent)
cp "$here/package-lock.json" "$dir/installed.json"
