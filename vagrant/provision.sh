#!/usr/bin/env bash
# provision.sh - makes a fresh machine fit for make check: git, make, a C
# compiler, clang and libbpf's headers from the distribution, and the Go release
# of versions.mk. Run it as root; what is there already stays. A new distribution
# is a case in packages.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)

# version NAME - what versions.mk says.
version() { sed -n "s/^$1[[:space:]]*:=[[:space:]]*//p" "$repository/versions.mk"; }

packages() {
	. /etc/os-release
	case " $ID ${ID_LIKE:-} " in
	*" debian "*)
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends ca-certificates curl git make gcc libc6-dev clang llvm libbpf-dev linux-libc-dev procps libcap2-bin >/dev/null
		;;
	*" rhel "*) # libbpf's headers are in a repository that is off
		dnf install -y -q dnf-plugins-core
		dnf config-manager --set-enabled crb
		fedora_packages
		;;
	*" fedora "*) fedora_packages ;;
	*)
		echo "provision.sh: it does not know $ID; it needs clang, llvm-strip, libbpf's headers, gcc, git, make and curl" >&2
		exit 1
		;;
	esac
}

fedora_packages() {
	dnf install -y -q ca-certificates curl tar gzip git make gcc glibc-devel clang llvm libbpf-devel kernel-headers procps-ng libcap util-linux
}

go_release() {
	local want arch archive dir
	want=$(version GO_VERSION)
	if [ "$(/usr/local/go/bin/go env GOVERSION 2>/dev/null)" = "go$want" ]; then return; fi
	case $(uname -m) in
	x86_64) arch=amd64 ;;
	aarch64) arch=arm64 ;;
	*) echo "provision.sh: otwatch does not run on $(uname -m)" >&2; exit 1 ;;
	esac
	archive=go$want.linux-$arch.tar.gz
	dir=$(mktemp -d)
	curl -fsSL --retry 3 -o "$dir/$archive" "https://go.dev/dl/$archive"
	echo "$(version "GO_SHA256_$arch")  $dir/$archive" | sha256sum --quiet -c
	rm -rf /usr/local/go
	tar -C /usr/local -xzf "$dir/$archive"
	rm -r "$dir"
}

packages
go_release
ln -sf /usr/local/go/bin/go /usr/local/go/bin/gofmt /usr/local/bin/
# The repository belongs to another user where it is shared with the machine.
git config --system --get-all safe.directory | grep -qxF "$repository" || git config --system --add safe.directory "$repository"
go version
clang --version | head -n 1
