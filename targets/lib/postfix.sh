# shellcheck shell=bash
# Postfix 3 below $STATE/postfix. Sourced after common.sh.
#
# Settings are as delivered, but for users and ports, and limits for one client address. Names are
# not looked up, and nothing leaves the server but by a transport that the caller gives.

# postfix_configure MAIN MASTER: more of main.cf, and the services of master.cf that listen. The caller
# writes what MAIN names below $STATE/postfix/etc.
postfix_configure() {
	local home=$STATE/postfix programs=/usr/lib/postfix/sbin
	[ -x $programs/master ] || die "postfix is not installed: $0 install"
	mkdir -p "$home/etc" "$home/spool" "$home/data"
	chown postfix "$home/data"
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
virtual_mailbox_maps = texthash:$home/etc/mailboxes
default_transport = error:5.7.1 nothing leaves this server
relay_transport = error:5.7.1 nothing leaves this server
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
$1
CONF
	cat >"$home/etc/master.cf" <<CONF
$2
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
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
	rm -f "$home/spool/pid/master.pid"
}

postfix_launch() {
	: >>"$STATE/log/postfix.log"
	postfix -c "$STATE/postfix/etc" start >>"$STATE/log/postfix.out" 2>&1 </dev/null ||
		{
			tail -n 15 "$STATE"/log/postfix.* >&2
			end_all KILL
			die "postfix did not start"
		}
	adopt postfix "$STATE/postfix/spool/pid/master.pid"
}
