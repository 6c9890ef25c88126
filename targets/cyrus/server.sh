#!/usr/bin/env bash
# Cyrus IMAP for mailspec: IMAP, POP3 and LMTP on loopback ports.
#   server.sh install | start | stop | restart | kill
#
# Settings are Cyrus' own defaults (where Debian departs from them: `/` as the hierarchy
# delimiter, personal mailboxes beside INBOX), but for ports, users, and what would keep a
# harness from asking: the pause after a failed login, logins refused without TLS, LMTP that
# wants a login, annotations of unknown names refused, mailboxes that stay when they are
# deleted, messages that are delivered once only.
NAME=cyrus
SOURCED_FROM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=../lib/common.sh
. "$SOURCED_FROM/../lib/common.sh"
LMTP=31424 POP3=31410 POP3S=31495 IMAP=31443 IMAPS=31493
PROGRAMS=/usr/lib/cyrus/bin
# imapd and pop3d, from packages that Debian does not have beside Dovecot's.
UNPACKED=/usr/local/lib/mailspec-cyrus
LIMIT=1048576 # of each user, in units of 1024 octets: 1 GB, which no case reaches

# Postfix, since cyrus-common asks for some mail server, and would get Exim on a machine without one.
packages() { echo "openssl postfix cyrus-common sasl2-bin libsasl2-modules"; }

# Debian has one IMAP server on a machine: cyrus-imapd and cyrus-pop3d conflict with Dovecot's packages. So they are
# unpacked into a folder of our own; libraries, user and all other programs come with cyrus-common.
unpack() {
	local version folder package
	version=$(dpkg-query -W -f='${Version}' cyrus-common)
	[ "$(cat "$UNPACKED/version" 2>/dev/null)" != "$version" ] || return 0
	folder=$(mktemp -d)
	chmod 755 "$folder"
	(cd "$folder" && apt-get download -qq "cyrus-imapd=$version" "cyrus-pop3d=$version") >"$folder/log" 2>&1 || {
		cat "$folder/log" >&2
		rm -rf "$folder"
		die "CANNOT DOWNLOAD cyrus-imapd and cyrus-pop3d $version"
	}
	rm -rf "$UNPACKED"
	mkdir -p "$UNPACKED"
	for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$UNPACKED"; done
	echo "$version" >"$UNPACKED/version"
	rm -rf "$folder"
}

configure() {
	local etc=$STATE/cyrus port
	[ -x $PROGRAMS/master ] && [ -f "$UNPACKED/version" ] || die "cyrus is not installed: $0 install"
	case $(cat "$UNPACKED/version") in
	3.6.*) ;;
	*) die "Cyrus $(cat "$UNPACKED/version"): configuration and rulings are for 3.6 (Debian 12)" ;;
	esac
	for port in $LMTP $POP3 $POP3S $IMAP $IMAPS; do free $port; done
	make_client_certificates
	mkdir -p "$etc/socket" "$STATE/mail/cyrus"
	cp "$STATE/tls/server.key" "$etc/server.key"
	imapd_conf >"$etc/imapd.conf"
	cyrus_conf >"$etc/cyrus.conf"
	make_users "$etc/sasldb2"
	chown -R cyrus:mail "$etc" "$STATE/mail"
}

# What the programs read: where things lie, and what differs from the defaults.
imapd_conf() {
	cat <<CONF
configdirectory: $STATE/cyrus
partition-default: $STATE/mail/cyrus
servername: $HOST

# Any password is that of a user in this file; the file holds the passwords, as CRAM-MD5 and APOP need them.
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $STATE/cyrus/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 EXTERNAL
allowplaintext: yes
failedloginpause: 0s

# Who has a certificate of our CA is let in by EXTERNAL as the user in its common name.
tls_server_cert: $STATE/tls/chain.pem
tls_server_key: $STATE/cyrus/server.key
tls_client_ca_file: $STATE/tls/ca.pem

admins: cyrus
annotation_allow_undefined: yes

# Mailboxes with a special use can be deleted: accounts are emptied between cases.
specialuse_protect: none

# With the default, delayed, the same mailbox cannot be deleted twice in one second.
delete_mode: immediate

# The same messages are delivered over and over.
duplicatesuppression: no
CONF
}

# What the master starts. Databases are put right before anything listens, as after a SIGKILL they must be.
cyrus_conf() {
	local conf="-C $STATE/cyrus/imapd.conf"
	cat <<CONF
START {
  recover cmd="$PROGRAMS/ctl_cyrusdb $conf -r"
}
DAEMON {
  idled cmd="$UNPACKED/usr/lib/cyrus/bin/idled $conf"
}
SERVICES {
  imap  cmd="$UNPACKED/usr/lib/cyrus/bin/imapd $conf" listen="$ADDRESS:$IMAP" proto="tcp4" prefork=2
  imaps cmd="$UNPACKED/usr/lib/cyrus/bin/imapd $conf -s" listen="$ADDRESS:$IMAPS" proto="tcp4" prefork=0
  pop3  cmd="$UNPACKED/usr/lib/cyrus/bin/pop3d $conf" listen="$ADDRESS:$POP3" proto="tcp4" prefork=1
  pop3s cmd="$UNPACKED/usr/lib/cyrus/bin/pop3d $conf -s" listen="$ADDRESS:$POP3S" proto="tcp4" prefork=0
  lmtp  cmd="$PROGRAMS/lmtpd $conf -a" listen="$ADDRESS:$LMTP" proto="tcp4" prefork=1
}
EVENTS {
  checkpoint cmd="$PROGRAMS/ctl_cyrusdb $conf -c" period=30
}
CONF
}

# make_users FILE: the accounts with their passwords, once.
make_users() {
	local user
	[ ! -f "$1" ] || return 0
	rm -f "$1.new"
	for user in $(accounts) cyrus; do printf %s "$user-secret" | saslpasswd2 -p -c -f "$1.new" -u $HOST "$user"; done
	# Its secret has ROMAN NUMERAL NINE and SOFT HYPHEN in it, which SASLprep (RFC 4013) changes.
	printf 'unicode01-\xe2\x85\xa8-p\xc3\xa4ss\xc2\xadw\xc3\xb6rd' | saslpasswd2 -p -c -f "$1.new" -u $HOST unicode01
	mv "$1.new" "$1"
}

# The administrator makes each user's INBOX and its limit, once, as cyradm does. (The limit that Cyrus 3.6 gives at
# a first login by itself, `autocreate_quota`, can end as that of another user.)
make_inboxes() {
	local user answer
	exec 9<>"/dev/tcp/$ADDRESS/$IMAP" || die "no connection to make the mailboxes"
	{
		printf 'a LOGIN cyrus cyrus-secret\r\n'
		for user in $(accounts) unicode01; do
			printf 'b CREATE user/%s\r\nc SETQUOTA user/%s (STORAGE %s)\r\n' "$user" "$user" $LIMIT
		done
		printf 'd LOGOUT\r\n'
	} >&9
	answer=$(timeout 20 cat <&9) || :
	exec 9>&-
	! grep -E '^[abc] (NO|BAD)' <<<"$answer" >&2 && grep -q '^d OK' <<<"$answer" || die "the mailboxes could not be made"
	touch "$STATE/cyrus/has-inboxes"
}

launch() {
	# The master starts as root and becomes the user cyrus; what it says goes to syslog, where there is one.
	spawn cyrus $PROGRAMS/master -C "$STATE/cyrus/imapd.conf" -M "$STATE/cyrus/cyrus.conf" \
		-p "$STATE/cyrus/master.pid" -L "$STATE/log/cyrus.log"
	wait_until "IMAP greeting" greets $IMAP
	wait_until "POP3 greeting" greets $POP3
	wait_until "LMTP greeting" greets $LMTP
	wait_until "IMAPS" accepts $IMAPS
	wait_until "POP3S" accepts $POP3S
	[ -f "$STATE/cyrus/has-inboxes" ] || make_inboxes
}
main "$@"
