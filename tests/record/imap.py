"""A session of imaplib: HOST PORT USER ADDRESS SECRET."""
import imaplib
import sys

host, port, user, address, secret = sys.argv[1:]
client = imaplib.IMAP4(host, int(port))
try:
    client.login(user, "wrong-" + secret)
except imaplib.IMAP4.error:
    pass
assert client.login(user, secret)[0] == "OK"
message = f"From: {address}\r\nSubject: one\r\n\r\nHello, \"world\".\r\n".encode()
assert client.append("INBOX", "(\\Flagged)", None, message)[0] == "OK"
assert client.create("Work")[0] == "OK"
assert client.list()[0] == "OK"
assert client.select("INBOX")[1] == [b"1"]
assert client.fetch("1", "(UID FLAGS BODY.PEEK[] ENVELOPE)")[0] == "OK"
assert client.store("1", "+FLAGS", "(\\Seen)")[0] == "OK"
assert client.search(None, "SUBJECT", '"one"')[1] == [b"1"]
assert client.copy("1", "Work")[0] == "OK"
assert client.status("Work", "(MESSAGES UIDNEXT)")[0] == "OK"
assert client.store("1", "+FLAGS", "(\\Deleted)")[0] == "OK"
assert client.expunge()[1] == [b"1"]
client.close()
client.logout()
