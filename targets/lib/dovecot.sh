# shellcheck shell=bash
# Dovecot 2.3, alone or behind Postfix. Sourced after common.sh.
#
# Settings are as delivered, but for ports, users, and what would keep a
# harness from asking: connection limits, delays after a failed login,
# logins refused without TLS. COMPRESS, QUOTA, ACL and METADATA come with plug-ins
# of the same packages: a limit that no case reaches, lists beside each mailbox,
# and a namespace in which users see what others let them see.

DOVECOT_PACKAGES="openssl dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd"
LMTP=31024 POP3=31110 POP3S=31995 IMAP=31143 IMAPS=31993

# dovecot_configure [more configuration]
dovecot_configure() {
	local etc=$STATE/dovecot user version
	version=$(dovecot --version 2>/dev/null) || die "dovecot is not installed: $0 install"
	case $version in
	2.3.*) ;;
	*) die "Dovecot $version: this configuration is written for 2.3 (Debian 12, Ubuntu 22.04 and 24.04)" ;;
	esac
	mkdir -p "$etc/run/user-not-found" "$etc/var"
	chown $MAIL_USER "$etc/run/user-not-found" # where a user who does not exist has his home
	{
		for user in $(accounts); do echo "$user:{PLAIN}$user-secret::::::"; done
		# Its secret has ROMAN NUMERAL NINE and SOFT HYPHEN in it, which SASLprep (RFC 4013) changes.
		printf 'unicode01:{PLAIN}unicode01-\xe2\x85\xa8-p\xc3\xa4ss\xc2\xadw\xc3\xb6rd::::::\n'
	} >"$etc/users"
	chgrp dovecot "$etc/users"
	chmod 640 "$etc/users"
	cat >"$etc/dovecot.conf" <<CONF
base_dir = $etc/run
state_dir = $etc/var
log_path = $STATE/log/dovecot.log
listen = $ADDRESS
protocols = imap pop3 lmtp
hostname = $HOST
postmaster_address = postmaster@$DOMAIN
shutdown_clients = yes
default_vsz_limit = 512M

ssl = yes
ssl_cert = <$STATE/tls/chain.pem
ssl_key = <$STATE/tls/server.key
disable_plaintext_auth = no

auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
auth_username_format = %Ln
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = username_format=%u $etc/users
}
userdb {
  driver = static
  args = uid=$MAIL_USER gid=$MAIL_USER home=$STATE/mail/%n
}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_attribute_dict = file:%h/Maildir/attributes
mail_max_userip_connections = 500
recipient_delimiter = +

mail_plugins = quota
protocol imap {
  mail_plugins = \$mail_plugins acl imap_acl imap_quota imap_zlib
  imap_metadata = yes
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=1G
  acl = vfile
  acl_shared_dict = file:$STATE/mail/shared-mailboxes
  acl_anyone = allow
}

namespace inbox {
  inbox = yes
  separator = /
}
namespace others {
  type = shared
  separator = /
  prefix = Other Users/%%u/
  location = maildir:%%h/Maildir
  subscriptions = no
  list = children
}

# Whoever looks for another user's mailboxes asks where that user's home is.
service auth {
  unix_listener auth-userdb {
    user = $MAIL_USER
  }
}

service imap-login {
  process_min_avail = 2
  client_limit = 1000
  service_count = 0
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = $IMAPS
    ssl = yes
  }
}
service pop3-login {
  process_min_avail = 2
  client_limit = 1000
  service_count = 0
  inet_listener pop3 {
    port = $POP3
  }
  inet_listener pop3s {
    port = $POP3S
    ssl = yes
  }
}
service imap {
  process_min_avail = 2
  process_limit = 1000
}
service pop3 {
  process_limit = 1000
}
service lmtp {
  process_min_avail = 2
  inet_listener lmtp {
    address = $ADDRESS
    port = $LMTP
  }
}
service anvil {
  # Without it, each failed login from an address makes the next ones wait longer.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
  client_limit = 4000
}
${1:-}
CONF
}

dovecot_check_free() { for port in $LMTP $POP3 $POP3S $IMAP $IMAPS; do free $port; done; }
dovecot_launch() {
	# After a SIGKILL the file of the last run may name a process that only waits to be reaped.
	rm -f "$STATE/dovecot/run/master.pid"
	: >>"$STATE/log/dovecot.log"
	spawn dovecot dovecot -F -c "$STATE/dovecot/dovecot.conf"
}
dovecot_wait() {
	wait_until "IMAP greeting" greets $IMAP
	wait_until "POP3 greeting" greets $POP3
	wait_until "LMTP greeting" greets $LMTP
	wait_until "IMAPS" accepts $IMAPS
	wait_until "POP3S" accepts $POP3S
}
