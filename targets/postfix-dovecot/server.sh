#!/usr/bin/env bash
# Postfix (SMTP, submission) that delivers by LMTP into Dovecot (IMAP, POP3) for mailspec.
#   server.sh install | start | stop | restart | kill
#
# Postfix too is as delivered, but for users and ports, error delays and
# connection limits. It delivers for example.test, and for the domains of next
# hops that mailspec plays; to nowhere else.
NAME=postfix-dovecot
SOURCED_FROM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=../lib/common.sh
. "$SOURCED_FROM/../lib/common.sh"
# shellcheck source=../lib/dovecot.sh
. "$SOURCED_FROM/../lib/dovecot.sh"
LMTP=31224 POP3=31310 POP3S=32195 IMAP=31343 IMAPS=32193
SMTP=31225 SUBMISSION=31787 SUBMISSIONS=31665
# hop1.example goes to port 31501, and so on, as in the profile.
HOPS=64 FIRST_HOP=31501

packages() { echo "$DOVECOT_PACKAGES postfix"; }

configure() {
	local port
	for port in $SMTP $SUBMISSION $SUBMISSIONS; do free $port; done
	dovecot_check_free
	dovecot_configure "service auth {
  unix_listener $STATE/postfix/auth {
    mode = 0660
    user = postfix
  }
}"
	postfix_configure
}

postfix_configure() {
	local home=$STATE/postfix user hop programs=/usr/lib/postfix/sbin
	[ -x $programs/master ] || die "postfix is not installed: $0 install"
	mkdir -p "$home/etc" "$home/spool" "$home/data"
	chown postfix "$home/data"
	for user in $(accounts); do echo "$user@$DOMAIN $user"; done >"$home/etc/mailboxes"
	for ((hop = 1; hop <= HOPS; hop++)); do
		echo "hop$hop.example smtp:[$ADDRESS]:$((FIRST_HOP + hop - 1))"
	done >"$home/etc/transport"
	echo "postmaster@$DOMAIN user01@$DOMAIN" >"$home/etc/aliases"
	cat >"$home/etc/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $home/spool
data_directory = $home/data
command_directory = /usr/sbin
daemon_directory = $programs
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
sendmail_path = /usr/sbin/sendmail
newaliases_path = /usr/bin/newaliases
mailq_path = /usr/bin/mailq
mail_owner = postfix
setgid_group = postdrop
maillog_file = $STATE/log/postfix.log
maillog_file_prefixes = $STATE/log
inet_interfaces = $ADDRESS
inet_protocols = ipv4
myhostname = $HOST
mydomain = $DOMAIN
myorigin = $DOMAIN
mydestination =
mynetworks =
biff = no
alias_maps =
alias_database =

virtual_mailbox_domains = $DOMAIN
virtual_mailbox_maps = texthash:$home/etc/mailboxes
virtual_alias_maps = texthash:$home/etc/aliases
transport_maps = texthash:$home/etc/transport
virtual_transport = lmtp:inet:$ADDRESS:$LMTP
default_transport = error:5.7.1 nothing leaves this server
relay_transport = error:5.7.1 nothing leaves this server
disable_dns_lookups = yes
smtp_host_lookup = native
recipient_delimiter = +
message_size_limit = 52428800
mailbox_size_limit = 0
minimal_backoff_time = 5s
maximal_backoff_time = 20s
queue_run_delay = 5s

smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_peername_lookup = no
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $home/auth
smtpd_tls_security_level = may
smtpd_tls_cert_file = $STATE/tls/chain.pem
smtpd_tls_key_file = $STATE/tls/server.key
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
CONF
	cat >"$home/etc/master.cf" <<CONF
$ADDRESS:$SMTP inet n - n - 200 smtpd
$ADDRESS:$SUBMISSION inet n - n - 200 smtpd
  -o syslog_name=postfix/submission
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
$ADDRESS:$SUBMISSIONS inet n - n - 200 smtpd
  -o syslog_name=postfix/submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
smtp unix - - n - - smtp
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
	rm -f "$home/spool/pid/master.pid"
}

launch() {
	dovecot_launch
	dovecot_wait
	wait_until "login socket for Postfix" test -S "$STATE/postfix/auth"
	: >>"$STATE/log/postfix.log"
	postfix -c "$STATE/postfix/etc" start >>"$STATE/log/postfix.out" 2>&1 </dev/null ||
		{
			tail -n 15 "$STATE"/log/postfix.* >&2
			end_all KILL
			die "postfix did not start"
		}
	adopt postfix "$STATE/postfix/spool/pid/master.pid"
	wait_until "SMTP greeting" greets $SMTP
	wait_until "submission greeting" greets $SUBMISSION
	wait_until "submission over TLS" accepts $SUBMISSIONS
}
main "$@"
