#!/usr/bin/env bash
# Postfix as delivered, with maildirs by its own virtual delivery agent, for `cargo bench --bench load`.
#   postfix.sh start | stop | kill; install the packages with targets/postfix-dovecot/server.sh install
# Nothing is tuned but what would refuse the load: limits for one client address.
NAME=bench-postfix
SOURCED_FROM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
MAILSPEC_STATE=${MAILSPEC_STATE:-/var/tmp/mailspec-bench}
# shellcheck source=../../targets/lib/common.sh
. "$SOURCED_FROM/../../targets/lib/common.sh"
# shellcheck source=../../targets/lib/postfix.sh
. "$SOURCED_FROM/../../targets/lib/postfix.sh"
SMTP=31425

packages() { echo "openssl postfix"; }

configure() {
	local etc=$STATE/postfix/etc user id
	free $SMTP
	id=$(id -u $MAIL_USER)
	mkdir -p "$etc"
	for user in $(accounts); do echo "$user@$DOMAIN $user/"; done >"$etc/mailboxes"
	postfix_configure "virtual_mailbox_base = $STATE/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:$id
virtual_gid_maps = static:$(id -g $MAIL_USER)" "$ADDRESS:$SMTP inet n - n - - smtpd"
}

launch() {
	postfix_launch
	wait_until "SMTP greeting" greets $SMTP
	echo "pid $(pid_of postfix)"
	echo "smtp $ADDRESS:$SMTP"
	echo "mail $STATE/mail"
}
main "$@"
