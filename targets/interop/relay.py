#!/usr/bin/env python3
"""`mailspec serve` and a real Postfix hand mail over to each other, and what arrived is compared
octet for octet with what was sent.

    targets/interop/relay.py [PATH/TO/mailspec]

Starts and stops the target postfix-dovecot (as root; see its server.sh) and one `mailspec serve`,
which listens where that Postfix delivers for hop1.example. Prints `N passed, N failed`; exit
status 1 when one failed.
"""

import email
import imaplib
import os
import smtplib
import ssl
import subprocess
import sys
import time

from clients import PATIENCE, SECRET, Failed, Server, same

HERE = os.path.dirname(os.path.abspath(__file__))
POSTFIX = os.path.join(HERE, "..", "postfix-dovecot", "server.sh")
# As in the profile of that target.
THERE, HOP, HOP_PORT = "example.test", "hop1.example", 31501
SMTP, SUBMISSION, IMAP = 31225, 31787, 31343

BODIES = {
    "plain": "Hello\r\n",
    "empty": "",
    "dots": ".\r\n..\r\n.dot\r\n...\r\ntext\r\n.\r\n",
    "eight-bit": "Gr\u00fc\u00dfe, \u6328\u62f6\r\n",
    "long-line": "x" * 990 + "\r\n",
    "blanks": "trailing  \r\n\r\n\r\n\ttab\t\r\n",
    "large": "".join(f"{n:06} {'y' * 60}\r\n" for n in range(20_000)),
}


def message(kind, sender, recipient):
    """A whole message, lines ended by CRLF."""
    head = (f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: {kind}\r\n"
            f"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\nMessage-ID: <{kind}.relay@{sender.split('@')[1]}>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\n")
    return (head + BODIES[kind]).encode()


class Mailboxes:
    """The mailbox of one account on either server."""

    def __init__(self, port, user, secret):
        self.port, self.user, self.secret = port, user, secret

    def wait_for(self, subject, what):
        """The one message with this in its Subject; not before it is there, not after the deadline."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                imap.login(self.user, self.secret)
                imap.select("INBOX", readonly=True)
                _, numbers = imap.search(None, "SUBJECT", f'"{subject}"')
                found = numbers[0].split()
                if len(found) > 1:
                    raise Failed(f"{what} arrived {len(found)} times")
                if found:
                    _, data = imap.fetch(found[0].decode(), "(BODY.PEEK[])")
                    return data[0][1]
            finally:
                imap.logout()
            time.sleep(0.1)
        raise Failed(f"{what} did not arrive within {PATIENCE} s")

    def empty(self):
        """Removes what earlier runs left behind."""
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=PATIENCE)
        imap.login(self.user, self.secret)
        _, count = imap.select("INBOX")
        if count != [b"0"]:
            imap.store("1:*", "+FLAGS", r"(\Deleted)")
        imap.expunge()
        imap.logout()


def submit(port, user, secret, sender, recipient, octets, options=(), wanted=()):
    """As a user agent does it: STARTTLS, AUTH, one transaction."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as smtp:
        smtp.starttls(context=context)
        smtp.login(user, secret)
        smtp.sendmail(sender, [recipient], octets, ["BODY=8BITMIME", *options], list(wanted))


def tests(server):
    """Each test with its name."""
    here = Mailboxes(server.ports["imap"], f"alice@{HOP}", SECRET)
    there = Mailboxes(IMAP, "user01", "user01-secret")
    there.empty()
    alice, user = f"alice@{HOP}", f"user01@{THERE}"

    def towards(kind):
        def test():
            octets = message(kind, alice, user)
            submit(server.ports["submission"], alice, SECRET, alice, user, octets)
            same(there.wait_for(kind, kind), octets, kind)
        return test

    def back(kind):
        def test():
            octets = message(kind, user, alice)
            submit(SUBMISSION, "user01", "user01-secret", user, alice, octets)
            same(here.wait_for(kind, kind), octets, kind)
        return test

    def report(recipient, wanted, actions, status):
        """What becomes of a message that Postfix took, or refused to take, comes back to its sender."""
        def test():
            octets = message("plain", alice, recipient).replace(b"Subject: plain", b"Subject: told")
            submit(server.ports["submission"], alice, SECRET, alice, recipient, octets,
                   ["RET=HDRS", f"ENVID={wanted}"], [f"NOTIFY={wanted}"])
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                for text in server.mailbox("alice"):
                    told = email.message_from_bytes(text)
                    if told.get_content_type() != "multipart/report":
                        continue
                    fields = {}
                    for block in told.get_payload()[1].get_payload():
                        fields.update({name.lower(): value for name, value in block.items()})
                    if fields.get("original-envelope-id") != wanted:
                        continue
                    said = fields.get("action", ""), fields.get("status", "")
                    if said[0] not in actions or not said[1].startswith(status):
                        raise Failed(f"the report says {said}")
                    return
                time.sleep(0.1)
            raise Failed(f"no report came within {PATIENCE} s")
        return test

    for kind in BODIES:
        yield f"{kind}: the reference server relays to Postfix", towards(kind)
    for kind in BODIES:
        yield f"{kind}: Postfix relays to the reference server", back(kind)
    yield "success is told where NOTIFY asks", report(user, "SUCCESS", ("delivered", "relayed"), "2.")
    yield "a recipient whom Postfix refuses comes back", report(f"nobody@{THERE}", "FAILURE", ("failed",), "5.1.1")


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..", "target", "debug", "mailspec")
    passed = failed = 0
    subprocess.run([POSTFIX, "start"], check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    server = None
    try:
        server = Server(program, ["alice"], HOP, {"smtp": f"127.0.0.1:{HOP_PORT}"},
                        ["--route", f"{THERE}=127.0.0.1:{SMTP}", "--hostname", HOP])
        for name, test in tests(server):
            try:
                test()
            except (Failed, OSError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
                failed += 1
                print(f"FAILED  {name}: {error}")
            else:
                passed += 1
                print(f"ok      {name}")
    finally:
        if server:
            server.end()
        subprocess.run([POSTFIX, "stop"], check=False, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
