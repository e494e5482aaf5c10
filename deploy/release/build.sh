#!/usr/bin/env bash
# build.sh VERSION OUT - builds all that a release has into OUT, where the binaries are: for each
# architecture an archive, a deb and an rpm, and the list of what the binary is built from
# (SBOM); the container image; and checksums of all of them. The same commit gives the same
# bytes.
set -euo pipefail
version=$1
out=$(realpath "$2")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -f "$out"/otwatch[-_]*.{deb,rpm,tar.gz,tar,cdx.json}
created=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH=$created
# A package's version begins with a digit, and has no dash. What follows "~" sorts before the
# release, as v1.2.3-rc.1 does, what follows "+" behind it, as commits after a tag do.
case $version in v[0-9]*) number=${version#v} ;; *) number=0~$version ;; esac
number=$(echo "$number" | sed -E 's/-(alpha|beta|rc)/~\1/; s/-/+/g')

# archive DIRECTORY NAME writes an archive of what has that name in a directory.
archive() {
	tar --create --directory "$1" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$created" "$2"
}

here=$out/otwatch-$version-linux-$(go env GOARCH)
for shell in bash zsh fish; do "$here" completion "$shell" > "$work/otwatch.$shell"; done
"$here" man > "$work/otwatch.8"
gzip -9n --keep "$work/otwatch.8"

for arch in amd64 arm64; do
	binary=$out/otwatch-$version-linux-$arch
	folder=$work/otwatch-$version-linux-$arch
	mkdir "$folder"
	cp "$binary" "$folder/otwatch"
	cp LICENSE README.md "$work"/otwatch.{8,bash,zsh,fish} deploy/systemd/otwatch.service "$folder/"
	archive "$work" "$(basename "$folder")" | gzip -9n > "$binary.tar.gz"
	# The SBOM says what is in the binary, as its build information has it.
	go run "$CYCLONEDX" bin -json -std -noserial -notimestamp -version "$version" -output "$binary.cdx.json" "$binary"
	for kind in deb rpm; do
		(cd deploy/release && ARCH=$arch PACKAGE_VERSION=$number BINARY=$binary WORK=$work \
			go run "$NFPM" package --config nfpm.yaml --packager "$kind" --target "$out/")
	done
done
deploy/image/build.sh "$version" "$out" "$work/image"
archive "$work/image" . > "$out/otwatch-$version-image.tar"
(cd "$out" && sha256sum otwatch-"$version"-* otwatch[-_]"$number"* > SHA256SUMS)
