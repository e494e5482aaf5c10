#!/bin/sh
# The service is not started by itself: first its configuration says what to watch, and where
# metrics go. An upgrade restarts it if it runs.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
if systemctl is-active --quiet otwatch.service; then
	systemctl restart otwatch.service
elif ! systemctl is-enabled --quiet otwatch.service; then
	echo "otwatch: edit /etc/otwatch/otwatch.yaml, then: systemctl enable --now otwatch"
fi
