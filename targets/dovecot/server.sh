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
	make_client_certificates
	# Who has a certificate of our CA is let in by EXTERNAL as the user in its common name, without a password.
	dovecot_configure "
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 external
ssl_ca = <$STATE/tls/ca.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_username_from_cert = yes
ssl_cert_username_field = commonName
passdb {
  driver = static
  mechanisms = external
  args = nopassword
}"
}
launch() {
	dovecot_launch
	dovecot_wait
}
main "$@"
