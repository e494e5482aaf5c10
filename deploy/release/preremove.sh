#!/bin/sh
# dpkg says "remove", rpm says how many versions remain.
set -e
case "$1" in remove | 0) ;; *) exit 0 ;; esac
[ -d /run/systemd/system ] || exit 0
systemctl disable --now otwatch.service || true
