#!/usr/bin/env bash
# test.sh VERSION DIR - checks what build.sh built into DIR: checksums, the packages by the
# tools of their systems, and that a second build gives the same bytes. It takes rpm and dpkg.
set -euo pipefail
version=$1
dir=$(realpath "$2")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$dir" && sha256sum --check --quiet SHA256SUMS)

deb=$(echo "$dir"/otwatch_*_amd64.deb)
for arch in x86_64 aarch64; do
	rpm=$(echo "$dir"/otwatch-*."$arch".rpm)
	rpm --checksig --nosignature "$rpm"
	# It has the files of the deb, and those that the user may have edited are kept.
	diff <(rpm --query --package --list "$rpm" | sed 's/site-functions/vendor-completions/' | sort) \
		<(dpkg-deb --contents "$deb" | awk '!/\/$/ { print substr($6, 2) }' | sort)
	diff <(rpm --query --package --configfiles "$rpm" | sort) <(printf '%s\n' /etc/default/otwatch /etc/otwatch/otwatch.yaml)
	mkdir "$work/$arch"
	rpm2archive --nocompression - < "$rpm" | tar --extract --directory "$work/$arch"
	cmp "$work/$arch/usr/bin/otwatch" "$dir/otwatch-$version-linux-$([ "$arch" = x86_64 ] && echo amd64 || echo arm64)"
done

mkdir "$work/second"
cp "$dir"/otwatch-"$version"-linux-{amd64,arm64} "$work/second/"
deploy/release/build.sh "$version" "$work/second" >/dev/null
diff "$dir/SHA256SUMS" "$work/second/SHA256SUMS"
echo "PASS release $version"
