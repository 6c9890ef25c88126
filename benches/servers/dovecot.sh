#!/usr/bin/env bash
# Dovecot at its fastest, for `cargo bench --bench load`: processes that are kept and take many
# connections, no logging of sessions, mail in FORMAT (maildir, sdbox, mdbox), fsync as FSYNC says.
#   dovecot.sh start | stop | kill
NAME=bench-dovecot
SOURCED_FROM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
MAILSPEC_STATE=${MAILSPEC_STATE:-/var/tmp/mailspec-bench}
# shellcheck source=../../targets/lib/common.sh
. "$SOURCED_FROM/../../targets/lib/common.sh"
IMAP=31643 POP3=31610
FORMAT=${FORMAT:-maildir} FSYNC=${FSYNC:-optimized}

packages() { echo "openssl dovecot-core dovecot-imapd dovecot-pop3d"; }

configure() {
	local etc=$STATE/dovecot user
	free $IMAP
	free $POP3
	command -v dovecot >/dev/null || die "dovecot is not installed"
	mkdir -p "$etc/run" "$etc/var"
	for user in $(accounts); do echo "$user:{PLAIN}$user-secret::::::"; done >"$etc/users"
	chgrp dovecot "$etc/users"
	chmod 640 "$etc/users"
	cat >"$etc/dovecot.conf" <<CONF
base_dir = $etc/run
state_dir = $etc/var
log_path = $STATE/log/dovecot.log
listen = $ADDRESS
protocols = imap pop3
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_username_format = %Ln
auth_cache_size = 10M
passdb {
  driver = passwd-file
  args = username_format=%u $etc/users
}
userdb {
  driver = static
  args = uid=$MAIL_USER gid=$MAIL_USER home=$STATE/mail/%n
}
first_valid_uid = 1
mail_location = $FORMAT:~/$FORMAT
mail_fsync = $FSYNC
mail_max_userip_connections = 2000
maildir_very_dirty_syncs = yes
imap_hibernate_timeout = 0
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  process_min_avail = 2
  client_limit = 2000
  service_count = 0
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  process_min_avail = 2
  client_limit = 2000
  service_count = 0
  inet_listener pop3 {
    port = $POP3
  }
  inet_listener pop3s {
    port = 0
  }
}
service imap {
  process_min_avail = 2
  service_count = 0
  client_limit = ${CLIENTS:-1}
  process_limit = 1000
}
service pop3 {
  service_count = 0
  client_limit = ${CLIENTS:-1}
  process_limit = 1000
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
  client_limit = 4000
}
service auth {
  client_limit = 8000
}
CONF
}

launch() {
	rm -f "$STATE/dovecot/run/master.pid"
	: >>"$STATE/log/dovecot.log"
	spawn dovecot dovecot -F -c "$STATE/dovecot/dovecot.conf"
	wait_until "IMAP greeting" greets $IMAP
	wait_until "POP3 greeting" greets $POP3
	echo "pid $(pid_of dovecot)"
	echo "imap $ADDRESS:$IMAP"
	echo "pop3 $ADDRESS:$POP3"
	echo "mail $STATE/mail"
}
main "$@"
