#!/usr/bin/env bash
# Postfix as delivered, with maildirs by its own virtual delivery agent, for `cargo bench --bench load`.
#   postfix.sh start | stop | kill; install the packages with targets/postfix-dovecot/server.sh install
# Nothing is tuned but what would refuse the load: limits for one client address.
NAME=bench-postfix
SOURCED_FROM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
MAILSPEC_STATE=${MAILSPEC_STATE:-/var/tmp/mailspec-bench}
# shellcheck source=../../targets/lib/common.sh
. "$SOURCED_FROM/../../targets/lib/common.sh"
SMTP=31425

packages() { echo "openssl postfix"; }

configure() {
	local home=$STATE/postfix user programs=/usr/lib/postfix/sbin id
	free $SMTP
	[ -x $programs/master ] || die "postfix is not installed"
	mkdir -p "$home/etc" "$home/spool" "$home/data"
	chown postfix "$home/data"
	id=$(id -u $MAIL_USER)
	for user in $(accounts); do echo "$user@$DOMAIN $user/"; done >"$home/etc/mailboxes"
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
alias_maps =
alias_database =
virtual_mailbox_domains = $DOMAIN
virtual_mailbox_base = $STATE/mail
virtual_mailbox_maps = texthash:$home/etc/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:$id
virtual_gid_maps = static:$(id -g $MAIL_USER)
default_transport = error:5.7.1 nothing leaves this server
relay_transport = error:5.7.1 nothing leaves this server
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
CONF
	cat >"$home/etc/master.cf" <<CONF
$ADDRESS:$SMTP inet n - n - - smtpd
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
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
	rm -f "$home/spool/pid/master.pid"
}

launch() {
	: >>"$STATE/log/postfix.log"
	postfix -c "$STATE/postfix/etc" start >>"$STATE/log/postfix.out" 2>&1 </dev/null || die "postfix did not start"
	adopt postfix "$STATE/postfix/spool/pid/master.pid"
	wait_until "SMTP greeting" greets $SMTP
	echo "pid $(pid_of postfix)"
	echo "smtp $ADDRESS:$SMTP"
	echo "mail $STATE/mail"
}
main "$@"
