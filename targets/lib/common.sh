# shellcheck shell=bash
# What the server scripts of targets/ share: state, certificates, processes. Sourced, never run.
#
# A server script sets NAME and SOURCED_FROM (its own folder) and defines
#   packages        prints the Debian packages it needs
#   unpack          if it is there: what else installing takes
#   configure       writes the configuration below $STATE
#   launch          starts the processes with `spawn NAME command…` and waits until they answer
# and ends with `main "$@"`.

set -euo pipefail
umask 022
export LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin:/sbin"

ADDRESS=127.0.0.1
DOMAIN=example.test
HOST=mail.example.test
MAIL_USER=mailspec # owns the mail on disk; no login, no home
ACCOUNTS=16        # user01 … user16, secret user01-secret …

say() { echo "$NAME: $*" >&2; }
die() {
	say "$@"
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || die "must be run as root (the servers drop to users of their own): sudo $0 $1"
}

accounts() { for ((n = 1; n <= ACCOUNTS; n++)); do printf 'user%02d\n' "$n"; done; }

# ------------------------------------------------------------------ installing

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs the packages that are missing, without starting their services.
install_packages() {
	local package missing=() policy=/usr/sbin/policy-rc.d own_policy=
	need_root install
	command -v apt-get >/dev/null || die "needs Debian or Ubuntu (apt-get not found)"
	for package in "$@"; do installed "$package" || missing+=("$package"); done
	if [ ${#missing[@]} = 0 ]; then
		say "already installed: $*"
		return 0
	fi
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		own_policy=1
	fi
	# Debian's postfix asks what kind of site this is; this one is configured by us.
	echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections 2>/dev/null || :
	local status=0
	apt-get update -qq || say "apt-get update failed; trying with the lists at hand"
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
		--no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" >/dev/null || status=$?
	[ -z "$own_policy" ] || rm -f $policy
	if [ $status != 0 ]; then
		echo "==================================================================" >&2
		echo "$NAME: CANNOT INSTALL ${missing[*]}" >&2
		echo "$NAME: the package registry cannot be reached, or does not have them" >&2
		echo "==================================================================" >&2
		exit 1
	fi
}

make_mail_user() {
	getent passwd $MAIL_USER >/dev/null || useradd --system --user-group --no-create-home \
		--home-dir /nonexistent --shell /usr/sbin/nologin $MAIL_USER
}

# ----------------------------------------------------------------------- state

# $STATE: where everything that the servers write lies. `state` beside the
# profile always leads there; it is a link where the servers' own users cannot
# reach this folder, or its path is too long for a Unix socket.
open_state() {
	local here=$SOURCED_FROM/state wanted=${MAILSPEC_STATE:+$MAILSPEC_STATE/$NAME}
	if [ -z "$wanted" ]; then
		if [ -L "$here" ] && [ -d "$here" ]; then
			wanted=$(readlink "$here") # where the last start put it
		elif reachable "$SOURCED_FROM" && [ ${#here} -le 70 ]; then
			wanted=$here
		else
			wanted=/var/tmp/mailspec-$(printf %s "$SOURCED_FROM" | cksum | cut -d' ' -f1)-$NAME
		fi
	fi
	if [ "$wanted" != "$here" ]; then
		if [ -d "$here" ] && [ ! -L "$here" ]; then
			die "$here exists; stop the server and remove it, or unset MAILSPEC_STATE"
		fi
		mkdir -p "$wanted"
		ln -sfn "$wanted" "$here"
	elif [ -L "$here" ]; then
		rm "$here" # it leads nowhere any more
	fi
	mkdir -p "$wanted/log" "$wanted/pid" "$wanted/mail"
	STATE=$(cd "$wanted" && pwd -P)
	chmod 755 "$STATE"
	chown $MAIL_USER:$MAIL_USER "$STATE/mail"
	reachable "$STATE" || die "the servers' users cannot reach $STATE; set MAILSPEC_STATE to a folder below /var/tmp"
}
reachable() { setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$1" 2>/dev/null; }

# A CA of our own, and a certificate under it.
make_certificates() {
	local tls=$STATE/tls
	[ ! -f "$tls/chain.pem" ] || return 0
	mkdir -p "$tls"
	(
		cd "$tls"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -keyout ca.key \
			-out ca.pem -subj "/CN=mailspec test CA ($NAME)" -addext "keyUsage=critical,keyCertSign,cRLSign"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr \
			-subj "/CN=$HOST"
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out server.pem \
			-extfile <(printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:%s,DNS:%s,DNS:localhost,IP:127.0.0.1\n' "$HOST" "$DOMAIN")
		cat server.pem ca.pem >chain.pem
		chmod 600 ca.key server.key
		rm -f server.csr ca.srl
	) >>"$STATE/log/openssl.log" 2>&1 || die "openssl failed: see $STATE/log/openssl.log"
}

# A client certificate for each account, under the same CA: its user as common name, its address beside it.
make_client_certificates() {
	local user clients=$STATE/tls/clients
	[ ! -f "$clients/done" ] || return 0
	mkdir -p "$clients"
	(
		cd "$clients"
		for user in $(accounts); do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$user.key" -out "$user.csr" -subj "/CN=$user"
			openssl x509 -req -in "$user.csr" -CA ../ca.pem -CAkey ../ca.key -CAcreateserial -days 3650 -out "$user.pem" \
				-extfile <(printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\nsubjectAltName=email:%s@%s\n' "$user" "$DOMAIN")
			rm -f "$user.csr"
		done
		rm -f ../ca.srl
		touch done
	) >>"$STATE/log/openssl.log" 2>&1 || die "openssl failed: see $STATE/log/openssl.log"
}

# ------------------------------------------------------------------- processes

# A pid is remembered with its start time, so that a stale file never ends a stranger.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# spawn NAME command…: in a process group of its own, output to the log.
spawn() {
	local name=$1
	shift
	setsid "$@" >>"$STATE/log/$name.out" 2>&1 </dev/null &
	local pid=$!
	disown "$pid" 2>/dev/null || :
	echo "$pid $(started_at $pid)" >"$STATE/pid/$name"
}

# adopt NAME FILE: a server that went into the background by itself and wrote its pid there.
adopt() {
	local pid
	pid=$(tr -dc 0-9 <"$2") || die "no pid in $2"
	echo "$pid $(started_at "$pid")" >"$STATE/pid/$1"
}

# pid_of NAME: the pid, while it is still the process that we started.
pid_of() {
	local pid since
	read -r pid since 2>/dev/null <"$STATE/pid/$1" || return 1
	[ -n "$since" ] && [ "$(started_at "$pid")" = "$since" ] || return 1
	echo "$pid"
}
running() {
	local file
	for file in "$STATE"/pid/*; do [ -f "$file" ] && pid_of "${file##*/}" >/dev/null && return 0; done
	return 1
}
# How many processes of a group are left, not counting those that only wait to be reaped.
left_of() { ps -e -o pgid=,stat= | awk -v group="$1" '$1 == group && $2 !~ /^Z/' | wc -l; }

# end NAME SIGNAL: the whole group, by KILL after five seconds; back when all are gone.
end() {
	local pid tries
	if pid=$(pid_of "$1"); then
		kill -"$2" -- "-$pid" 2>/dev/null || :
		for ((tries = 0; tries < 200; tries++)); do
			[ "$(left_of "$pid")" != 0 ] || break
			[ $tries != 100 ] || kill -KILL -- "-$pid" 2>/dev/null || :
			sleep 0.05
		done
	fi
	rm -f "$STATE/pid/$1"
}
end_all() {
	local file
	for file in "$STATE"/pid/*; do [ ! -f "$file" ] || end "${file##*/}" "$1"; done
}

# A port answers with a greeting (`greets`), or at least accepts (`accepts`: TLS from the first octet).
greets() {
	timeout 3 bash -c "exec 9<>/dev/tcp/$ADDRESS/$1 && IFS= read -r -t 2 -u 9 line && [ -n \"\$line\" ]" 2>/dev/null
}
accepts() { timeout 3 bash -c "exec 9<>/dev/tcp/$ADDRESS/$1" 2>/dev/null; }
free() { ! accepts "$1" || die "port $1 is taken by something else"; }

# wait_until WHAT command…
wait_until() {
	local what=$1 until=$((SECONDS + 25))
	shift
	while ! "$@"; do
		if ! running || [ $SECONDS -ge $until ]; then
			tail -n 15 "$STATE"/log/* >&2 || :
			end_all KILL
			die "did not start: no $what"
		fi
		sleep 0.05
	done
}

# ---------------------------------------------------------------- command line

start() {
	open_state
	if running; then
		say "already running"
		return 0
	fi
	make_certificates
	configure
	launch
}

main() {
	local command=${1:-}
	case $command in
	install)
		# shellcheck disable=SC2046
		install_packages $(packages)
		make_mail_user
		! declare -F unpack >/dev/null || unpack
		;;
	start | stop | restart | kill)
		need_root "$command"
		getent passwd $MAIL_USER >/dev/null || die "not installed yet: $0 install"
		case $command in
		start) start ;;
		stop)
			open_state
			end_all TERM
			;;
		restart)
			open_state
			end_all TERM
			start
			;;
		kill)
			open_state
			end_all KILL
			;;
		esac
		;;
	*) die "usage: $0 install | start | stop | restart | kill" ;;
	esac
}
