#!/usr/bin/env bash
# test.sh [SUITE...] - lets Vagrant read the Vagrantfile, runs provision.sh in a fresh
# Debian or Ubuntu of each suite, in a chroot, twice, and then in it what tells
# whether the machine is fit: the generated files, the build, a kernel test and
# otwatch doctor. It takes root, mmdebstrap and vagrant, and ubuntu-keyring for
# Ubuntu's suites. Packages are kept in the user's cache directory; Go is this
# machine's, if it is the release of versions.mk, and is downloaded otherwise.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/otwatch-provision
goroot=$(go env GOROOT)
# Shared at the same places, so that what is built here need not be built there.
shared=("$(go env GOMODCACHE)" "$(go env GOCACHE)")

# leave takes down what enter has put up.
leave() {
	for at in proc sys var/cache/apt/archives "${shared[@]#/}"; do
		if mountpoint -q "$root/$at"; then umount -R "$root/$at"; fi
	done
	rm -rf --one-file-system "$root"
}

# bootstrap SUITE FILE - makes an archive of the distribution's smallest system, of
# the suite alone: mirrors list updates whose files are gone.
bootstrap() {
	local from=(http://deb.debian.org/debian)
	case $1 in
	jammy | noble) from=(http://archive.ubuntu.com/ubuntu --components=main,universe --keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg) ;;
	esac
	mmdebstrap --quiet --variant=minbase --include=apt,ca-certificates "$1" "$2" "${from[@]}"
}

enter() {
	local suite=$1
	mkdir -p "$cache/$suite"
	if [ ! -e "$cache/$suite/base.tar" ]; then
		bootstrap "$suite" "$cache/$suite/new.tar"
		mv "$cache/$suite/new.tar" "$cache/$suite/base.tar"
	fi
	tar -C "$root" -xf "$cache/$suite/base.tar"
	rm -f "$root/etc/apt/apt.conf.d/docker-clean"
	mkdir -p "$cache/$suite/archives/partial"
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --make-rslave "$root/sys"
	for at in "${shared[@]}"; do
		mkdir -p "$root$at"
		mount --bind "$at" "$root$at"
	done
	mount --bind "$cache/$suite/archives" "$root/var/cache/apt/archives"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	# What is committed, and no more, as somebody who clones it has it.
	git clone --quiet --depth 1 "file://$repository" "$root/otwatch"
	if [ "$("$goroot/bin/go" env GOVERSION)" = "go$(sed -n 's/^GO_VERSION[[:space:]]*:=[[:space:]]*//p' "$repository/versions.mk")" ]; then
		cp -a "$goroot" "$root/usr/local/go"
	fi
}

# inside runs a command in the chroot, in the repository.
inside() {
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
		GOMODCACHE="${shared[0]}" GOCACHE="${shared[1]}" GOTOOLCHAIN=local OTWATCH_KERNEL_TESTS=required bash -euc "cd /otwatch && $1"
}

# validate lets Vagrant read the Vagrantfile, for any provider.
validate() {
	local home
	home=$(mktemp -d)
	(cd "$repository/vagrant" && VAGRANT_HOME=$home VAGRANT_DOTFILE_PATH=$home/machines VAGRANT_CHECKPOINT_DISABLE=1 \
		vagrant validate --ignore-provider >/dev/null) || { rm -r "$home"; exit 1; }
	rm -r "$home"
	echo "PASS Vagrantfile"
}

validate
for suite in "${@:-bookworm}"; do
	root=$(mktemp -d)
	trap leave EXIT
	echo "provision $suite"
	enter "$suite"
	inside vagrant/provision.sh
	inside 'vagrant/provision.sh >/dev/null'
	inside 'make current build && go test -count=1 -run TestEveryCallIsCounted ./internal/probes && bin/otwatch doctor'
	leave
	trap - EXIT
	echo "PASS provision $suite"
done
