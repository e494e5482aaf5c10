#!/usr/bin/env bash
# build.sh VERSION BINARIES OUT - builds the container image, as an OCI layout in OUT, from the
# binaries of both architectures in BINARIES.
set -euo pipefail
version=$1
binaries=$(realpath "$2")
rm -rf "$3"
mkdir "$3"
out=$(realpath "$3")
cd "$(dirname "$0")"
go run . -out "$out" -version "$version" -revision "$(git rev-parse HEAD)" -created "$(git log -1 --format=%ct)" \
	"amd64=$binaries/otwatch-$version-linux-amd64" "arm64=$binaries/otwatch-$version-linux-arm64"
