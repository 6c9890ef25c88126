#!/usr/bin/env bash
# Installs, from the distribution, the servers that targets/ can start. Run as root.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
status=0
for server in "$here"/*/server.sh; do
	"$server" install || status=1
done
exit $status
