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
# shellcheck source=../lib/postfix.sh
. "$SOURCED_FROM/../lib/postfix.sh"
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
	configure_postfix
}

configure_postfix() {
	local home=$STATE/postfix user hop
	mkdir -p "$home/etc"
	for user in $(accounts); do echo "$user@$DOMAIN $user"; done >"$home/etc/mailboxes"
	for ((hop = 1; hop <= HOPS; hop++)); do
		echo "hop$hop.example smtp:[$ADDRESS]:$((FIRST_HOP + hop - 1))"
	done >"$home/etc/transport"
	echo "postmaster@$DOMAIN user01@$DOMAIN" >"$home/etc/aliases"
	postfix_configure "biff = no
virtual_alias_maps = texthash:$home/etc/aliases
transport_maps = texthash:$home/etc/transport
virtual_transport = lmtp:inet:$ADDRESS:$LMTP
recipient_delimiter = +
message_size_limit = 52428800
mailbox_size_limit = 0
minimal_backoff_time = 5s
maximal_backoff_time = 20s
queue_run_delay = 5s
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $home/auth
smtpd_tls_security_level = may
smtpd_tls_cert_file = $STATE/tls/chain.pem
smtpd_tls_key_file = $STATE/tls/server.key
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000" "$ADDRESS:$SMTP inet n - n - 200 smtpd
$ADDRESS:$SUBMISSION inet n - n - 200 smtpd
  -o syslog_name=postfix/submission
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
$ADDRESS:$SUBMISSIONS inet n - n - 200 smtpd
  -o syslog_name=postfix/submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
}

launch() {
	dovecot_launch
	dovecot_wait
	wait_until "login socket for Postfix" test -S "$STATE/postfix/auth"
	postfix_launch
	wait_until "SMTP greeting" greets $SMTP
	wait_until "submission greeting" greets $SUBMISSION
	wait_until "submission over TLS" accepts $SUBMISSIONS
}
main "$@"
