#!/usr/bin/env bash
# The outsider: .ci/outsider copied out of the repository, where neither go.work nor a
# folder above can help it, with nothing but "replace" pointing at this clone.
#
#   .ci/outsider.sh [arguments of go test]
#
# It fails if one of its packages imports something internal, if it needs a module that
# is not its business, or if its tests fail.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
cp -r "$root/.ci/outsider/." "$away"
cd "$away"
export GOWORK=off GOFLAGS='-mod=mod -buildvcs=false' GOTOOLCHAIN=local

# Every module of the clone by its path, so that a nested one can be asked for too.
while read -r mod; do
  dir=$(dirname "$mod")
  go mod edit -replace "$(awk '$1 == "module" { print $2; exit }' "$mod")=$dir"
done < <(find "$root" -name go.mod -not -path '*/.*' -not -path '*/testdata/*' -not -path '*/node_modules/*')
go mod tidy

imports=$(go list -f '{{range .Imports}}{{.}}{{"\n"}}{{end}}{{range .TestImports}}{{.}}{{"\n"}}{{end}}{{range .XTestImports}}{{.}}{{"\n"}}{{end}}' ./... | sort -u)
if grep -E '(^|/)internal(/|$)' <<<"$imports"; then
  echo "the outsider imports the internal packages above"
  exit 1
fi
if ! grep -q '^github.com/smmkit/smmkit/' <<<"$imports"; then
  echo "the outsider imports nothing of smmkit: its files are missing"
  exit 1
fi
go vet ./...
go test "$@" ./...
go run .
