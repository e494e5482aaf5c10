#!/usr/bin/env bash
# test.sh DEB [KERNEL...] - boots a Debian with systemd and the package on each kernel, in an
# emulated machine, starts otwatch.service, and wants it to count and sample in a service of
# another user's, under all that the unit takes from it. Then the package is installed once
# more, removed and purged. It takes root, mmdebstrap, cpio and qemu; kernels are test/vm's.
set -euo pipefail
deb=$(realpath "$1")
shift
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/otwatch-vm
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root

# The machine has no disk: all is in its first file system, so it is to be small.
# Without Debian's updates: mirrors list some whose files are gone.
mmdebstrap --quiet --variant=minbase --include=systemd-sysv \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
	--setup-hook='sed -i "/-security\|-updates/d" "$1"/etc/apt/sources.list' bookworm "$root"
ln -s /lib/systemd/systemd "$root/init"
CGO_ENABLED=0 go build -o "$root/usr/local/bin/reference" ./testdata/targets/reference
cp "$deb" "$root/otwatch.deb"
chroot "$root" dpkg -i /otwatch.deb
chroot "$root" otwatch config check /etc/otwatch/otwatch.yaml
units=$root/etc/systemd/system
# Of several --output the last counts.
echo 'OTWATCH_ARGS="--name reference --output jsonl --interval 2s"' > "$root/etc/default/otwatch"
cat > "$units/checkout.service" <<'UNIT'
[Service]
User=games
ExecStart=sh -c '(echo; sleep infinity) | exec reference -rate 1000 -spans 1000000000'
UNIT
cat > "$units/check.service" <<'UNIT'
[Service]
ExecStart=/usr/local/bin/check
StandardOutput=tty
StandardError=tty
UNIT
# Tells what became of the service, and switches the machine off.
cat > "$root/usr/local/bin/check" <<'CHECK'
#!/bin/sh
systemd-analyze verify /usr/lib/systemd/system/otwatch.service && echo verified
systemctl start checkout otwatch
for _ in $(seq 60); do
	journalctl -o cat -u otwatch | grep -m 1 -o '"probe":{"hits":[1-9].*"samples":[1-9][0-9]*' && break
	sleep 1
done
systemctl show otwatch -p ActiveState -p NRestarts
grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' "/proc/$(systemctl show otwatch -P MainPID)/status"
journalctl -o cat -u otwatch | grep -v '^{'
before=$(systemctl show otwatch -P MainPID)
echo 'budget: 2%' >> /etc/otwatch/otwatch.yaml
systemctl reload otwatch
for _ in $(seq 30); do
	journalctl -o cat -u otwatch | grep 'configuration was reloaded' && break
	sleep 1
done
[ "$(systemctl show otwatch -P MainPID)" = "$before" ] && [ "$(journalctl -o cat -u otwatch | grep -c msg=attached)" = 1 ] && echo reloaded
dpkg --force-confold -i /otwatch.deb && grep -q reference /etc/default/otwatch &&
	[ "$(systemctl show otwatch -P MainPID)" != "$before" ] && systemctl is-active otwatch && echo upgraded
systemctl stop otwatch
systemctl show otwatch -p Result
systemctl start otwatch
dpkg -r otwatch && [ -e /etc/otwatch/otwatch.yaml ] && [ ! -e /usr/bin/otwatch ] && ! systemctl is-active otwatch && echo removed
dpkg -P otwatch && [ ! -e /etc/otwatch ] && [ ! -e /etc/default/otwatch ] && echo purged
systemctl poweroff --force
CHECK
chmod +x "$root/usr/local/bin/check"
(cd "$root" && find . -xdev | cpio --quiet -o -H newc | gzip -1) > "$work/initramfs"

for kernel in "${@:-6.12}"; do
	test/vm/fetch.sh "$cache" "$kernel" "$kernel" amd64
	timeout 300 qemu-system-x86_64 -machine pc -cpu max -accel tcg,thread=single -smp 2 -m 2G -nographic -nodefaults -serial stdio \
		-no-reboot -net none -kernel "$cache/$kernel-amd64/vmlinuz" -initrd "$work/initramfs" \
		-append 'console=ttyS0 panic=-1 quiet mitigations=off systemd.unit=multi-user.target systemd.wants=check.service' | tee "$work/console"
	# Where probes are perf events it keeps CAP_SYS_ADMIN.
	case $kernel in 5.* | 6.1) kept=c000280004 ;; *) kept=c000080004 ;; esac
	for wanted in '^verified' '^"probe":{"hits":' '^ActiveState=active' '^NRestarts=0' '^Uid:\s[1-9]' "^CapEff:\s0*$kept" '^NoNewPrivs:\s1' \
		'^Seccomp:\s2' 'msg=attached' 'changed=budget' '^reloaded' '^upgraded' '^Result=success' '^removed' '^purged'; do
		grep -qE "$wanted" "$work/console" || { echo "FAIL otwatch.service on $kernel: no $wanted"; exit 1; }
	done
	echo "PASS otwatch.service on $kernel"
done
