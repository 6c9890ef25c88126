"""A session of poplib: HOST PORT USER ADDRESS SECRET."""
import poplib
import sys

host, port, user, address, secret = sys.argv[1:]
client = poplib.POP3(host, int(port))
client.capa()
client.user(user)
client.pass_(secret)
assert client.stat()[0] == 0
client.list()
client.uidl()
client.noop()
try:
    client.retr(1)
except poplib.error_proto:
    pass
client.quit()
