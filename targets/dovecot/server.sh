#!/usr/bin/env bash
# Dovecot for mailspec: IMAP, POP3 and LMTP on loopback ports.
#   server.sh install | start | stop | restart | kill
NAME=dovecot
SOURCED_FROM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=../lib/common.sh
. "$SOURCED_FROM/../lib/common.sh"
# shellcheck source=../lib/dovecot.sh
. "$SOURCED_FROM/../lib/dovecot.sh"

packages() { echo "$DOVECOT_PACKAGES"; }
configure() {
	dovecot_check_free
	dovecot_configure
}
launch() {
	dovecot_launch
	dovecot_wait
}
main "$@"
