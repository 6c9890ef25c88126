#!/usr/bin/env bash
# Installs, from the distribution, the mail programs that clients.py drives. Run as root.
set -eu
export DEBIAN_FRONTEND=noninteractive
missing=()
for program in swaks msmtp mutt fetchmail curl python3; do
	command -v "$program" >/dev/null || missing+=("$program")
done
command -v smtp-source >/dev/null || missing+=(postfix)
# swaks needs it for STARTTLS, and only recommends it.
perl -MNet::SSLeay -e1 2>/dev/null || missing+=(libnet-ssleay-perl)
[ ${#missing[@]} = 0 ] && exit 0
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
