#!/bin/bash
# fetch.sh CACHE NAME SERIES ARCH - brings the newest Debian cloud kernel of a
# series, such as 6.12, into CACHE/NAME-ARCH/: vmlinuz, its release in "release",
# the package's SHA-256 by Debian's signed index in "package", those of the files
# here in "sha256". What is there already and intact stays.
#
# apt checks what it loads against Debian's signatures. It works with a
# configuration of its own, so that this machine's stays as it is.
set -euo pipefail
cache=$1 name=$2 series=$3 arch=$4
out=$cache/$name-$arch
if (cd "$out" 2>/dev/null && sha256sum --quiet -c sha256 2>/dev/null); then exit 0; fi

# mirror LABEL - where this machine has the packages of that label from; it is to
# be a Debian with lists of packages.
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Label: $1" | head -n 1 | sed 's,/$,,'; }
debian=$(mirror Debian) security=$(mirror Debian-Security)
if [ -z "$debian" ] || [ -z "$security" ]; then
  echo "no kernel $series for $arch: this is no Debian, or apt-get update was not run" >&2
  exit 1
fi
signed=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
apt=$cache/apt
mkdir -p "$apt"/etc/{apt.conf.d,preferences.d,sources.list.d} "$apt"/state/lists/partial "$apt"/cache/archives/partial "$apt"/debs
: > "$apt/status"
for suite in bullseye bookworm bookworm-backports trixie trixie-backports; do
  echo "deb [arch=amd64,arm64 $signed] $debian $suite main"
done > "$apt/etc/sources.list"
for suite in bullseye-security bookworm-security trixie-security; do
  echo "deb [arch=amd64,arm64 $signed] $security $suite main"
done >> "$apt/etc/sources.list"
cat > "$apt/apt.conf" <<CONF
Dir::Etc "$apt/etc"; Dir::State "$apt/state"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
APT::Architecture "amd64"; APT::Architectures { "amd64"; "arm64"; }; APT::Sandbox::User "root"; Acquire::Languages "none";
CONF
export APT_CONFIG=$apt/apt.conf
[ -n "$(find "$apt/state/lists" -name '*_Packages*' -mmin -600 -print -quit)" ] || apt-get -qq update

# have PACKAGE - downloads it and unpacks it into $x.
have() {
  (cd "$apt/debs" && apt-get -qq download "$1:$arch" && sha256sum "$1"_*_"$arch.deb" >> "$x/package") || return 1
  dpkg -x "$apt/debs/$1"_*_"$arch.deb" "$x"
}

# From 7.x on the image package is empty, and linux-binary has the kernel. The
# newest package may be listed and yet not be had: then the next one is taken.
names=$(apt-cache search --names-only "^linux-image-$series\.[0-9].*cloud-$arch\$")
for package in $(awk '{print $1}' <<< "$names" | sort -Vr | head -8); do
  release=${package#linux-image-}
  x=$(mktemp -d)
  if have "$package"; then
    [ -e "$x/boot/vmlinuz-$release" ] || have "linux-binary-$release" || true
    for vmlinuz in "$x/boot/vmlinuz-$release" "$x/usr/lib/modules/$release/vmlinuz"; do
      [ -e "$vmlinuz" ] || continue
      mkdir -p "$out"
      cp "$vmlinuz" "$out/vmlinuz"
      echo "$release" > "$out/release"
      cp "$x/package" "$out/package"
      (cd "$out" && sha256sum vmlinuz release package > sha256)
      rm -rf "$x"
      exit 0
    done
  fi
  rm -rf "$x"
done
echo "no kernel $series for $arch can be had from $debian" >&2
exit 1
