#!/usr/bin/env python3
"""Mail programs against `mailspec serve`: each completes a session over loopback, and what arrived
is compared octet for octet with what was sent.

    targets/interop/clients.py [PATH/TO/mailspec]

swaks, msmtp, curl, mutt, fetchmail and smtp-source (of Postfix) are taken from PATH, one that is
not there counts as failed; smtplib, imaplib and poplib are Python's. Needs no terminal, no network
but loopback, and no port of its own. Prints `N passed, N failed`; exit status 1 when one failed.
"""

import imaplib
import os
import poplib
import smtplib
import ssl
import subprocess
import sys
import tempfile
import threading

PATIENCE = 60
SECRET = "interop-secret"
DOMAIN = "example.test"
NAMES = ["swaks", "swaks-tls", "swaks-lmtp", "msmtp", "curl", "curl-tls", "python", "python-tls",
         "source", "mutt", "fetch-pop", "fetch-imap"]

# Lines that servers and clients like to change: dots, From, trailing blanks, 8 bits, a long one.
BODY = ("Hello,\r\n.\r\n.dot\r\n..two dots\r\nFrom here on\r\ntrailing  \r\n\ttab\r\n"
        + "x" * 900 + "\r\nGr\u00fc\u00dfe, \u6328\u62f6\r\n\r\nend\r\n")


def message(name):
    """A whole message for that recipient, lines ended by CRLF."""
    head = (f"From: Sender <sender@example.net>\r\nTo: {name}@{DOMAIN}\r\nSubject: for {name}\r\n"
            f"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\nMessage-ID: <{name}.interop@example.net>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\n")
    return (head + BODY).encode()


class Failed(Exception):
    """A program did not do what it should; the text says what."""


class Server:
    """`mailspec serve` in memory, on ports that were free unless `ports` names one."""

    def __init__(self, program, names=tuple(NAMES), domain=DOMAIN, ports=None, options=("--cram-md5",)):
        services = ["smtp", "submission", "submissions", "lmtp", "pop3", "pop3s", "imap", "imaps"]
        self.domain = domain
        command = [program, "serve", "--memory", *options]
        for service in services:
            command += [f"--{service}", str((ports or {}).get(service, 0))]
        for name in names:
            command += ["--account", f"{name}@{domain}:{SECRET}"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.ports = {}
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            service, address = line.split()
            self.ports[service] = int(address.rsplit(":", 1)[1])
        watchdog.cancel()
        if set(services) - set(self.ports):
            self.end()
            raise SystemExit("mailspec serve did not start")

    def end(self):
        """Ends the process that was started here, and no other."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def mailbox(self, name, folder="INBOX"):
        """All messages of a mailbox, as IMAP gives them."""
        imap = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=PATIENCE)
        try:
            imap.login(f"{name}@{self.domain}", SECRET)
            status, count = imap.select(folder, readonly=True)
            if status != "OK":
                raise Failed(f"no mailbox {folder} of {name}")
            found = []
            for number in range(1, int(count[0]) + 1):
                _, data = imap.fetch(str(number), "(BODY.PEEK[])")
                found.append(data[0][1])
            return found
        finally:
            imap.logout()

    def store(self, name):
        """Puts the message for that account into its INBOX."""
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=PATIENCE) as smtp:
            smtp.sendmail("sender@example.net", [f"{name}@{DOMAIN}"], message(name), ["BODY=8BITMIME"])


def run(command, given=b"", env=None, allowed=(0,)):
    """Runs a program to its end; gives its standard output."""
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=PATIENCE,
                              env={**os.environ, **(env or {})}, check=False)
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{command[0]} did not end") from error
    if done.returncode not in allowed:
        said = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        raise Failed(f"{command[0]} ended with status {done.returncode}:\n{said}")
    return done.stdout


def same(got, wanted, what):
    """Is the end of what came what was sent? Before it stand fields that servers added."""
    if got.endswith(wanted):
        front = got[: len(got) - len(wanted)]
        if front == b"" or front.endswith((b"\n", b"\r\n")):
            return
    at = next((i for i in range(1, min(len(got), len(wanted)) + 1) if got[-i] != wanted[-i]), 0)
    raise Failed(f"{what} differs, {at} octets before its end: "
                 f"sent {wanted[len(wanted) - at:][:60]!r}, came {got[len(got) - at:][:60]!r}")


def arrived(server, name, count=1):
    """The one message of that account is the one that was sent."""
    found = server.mailbox(name)
    if len(found) != count:
        raise Failed(f"{len(found)} messages arrived instead of {count}")
    same(found[-1], message(name), "the message")


def lines(octets):
    """With LF alone, as programs on Unix read and write messages."""
    return octets.replace(b"\r\n", b"\n")


def write(folder, name, octets):
    """A file that only we may read, since some hold the secret."""
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(octets)
    return path


def swaks(server, folder):
    path = write(folder, "swaks", lines(message("swaks"))[:-1])
    run(["swaks", "--server", "127.0.0.1", "--port", str(server.ports["smtp"]), "--from", "sender@example.net",
         "--to", f"swaks@{DOMAIN}", "--data", f"@{path}"])
    arrived(server, "swaks")


def swaks_tls(server, folder):
    name = "swaks-tls"
    path = write(folder, name, lines(message(name))[:-1])
    run(["swaks", "--server", "127.0.0.1", "--port", str(server.ports["submission"]), "--tls",
         "--auth", "CRAM-MD5", "--auth-user", name, "--auth-password", SECRET,
         "--from", f"{name}@{DOMAIN}", "--to", f"{name}@{DOMAIN}", "--data", f"@{path}"])
    arrived(server, name)


def swaks_lmtp(server, folder):
    name = "swaks-lmtp"
    path = write(folder, name, lines(message(name))[:-1])
    run(["swaks", "--protocol", "LMTP", "--server", "127.0.0.1", "--port", str(server.ports["lmtp"]),
         "--from", "sender@example.net", "--to", f"{name}@{DOMAIN}", "--data", f"@{path}"])
    arrived(server, name)


def msmtp(server, folder):
    configuration = write(folder, "msmtprc", (
        f"account default\nhost 127.0.0.1\nport {server.ports['submission']}\nfrom msmtp@{DOMAIN}\n"
        f"auth on\nuser msmtp@{DOMAIN}\npassword {SECRET}\ntls on\ntls_starttls on\ntls_certcheck off\n").encode())
    run(["msmtp", "-C", configuration, f"msmtp@{DOMAIN}"], lines(message("msmtp")))
    arrived(server, "msmtp")


def curl(server, folder):
    path = write(folder, "curl", message("curl"))
    run(["curl", "--silent", "--show-error", "--url", f"smtp://127.0.0.1:{server.ports['smtp']}",
         "--mail-from", "sender@example.net", "--mail-rcpt", f"curl@{DOMAIN}", "--upload-file", path])
    arrived(server, "curl")
    login = ["curl", "--silent", "--show-error", "--user", f"curl:{SECRET}"]
    same(run(login + [f"imap://127.0.0.1:{server.ports['imap']}/INBOX;MAILINDEX=1"]), message("curl"), "by IMAP")
    same(run(login + [f"pop3://127.0.0.1:{server.ports['pop3']}/1"]), message("curl"), "by POP3")


def curl_tls(server, folder):
    name = "curl-tls"
    path = write(folder, name, message(name))
    login = ["curl", "--silent", "--show-error", "--insecure", "--user", f"{name}:{SECRET}"]
    run(login + ["--url", f"smtps://127.0.0.1:{server.ports['submissions']}", "--mail-from", f"{name}@{DOMAIN}",
                 "--mail-rcpt", f"{name}@{DOMAIN}", "--upload-file", path])
    arrived(server, name)
    same(run(login + [f"imaps://127.0.0.1:{server.ports['imaps']}/INBOX;MAILINDEX=1"]), message(name), "by IMAP")
    same(run(login + [f"pop3s://127.0.0.1:{server.ports['pop3s']}/1"]), message(name), "by POP3")
    # APPEND.
    run(login + ["--url", f"imaps://127.0.0.1:{server.ports['imaps']}/INBOX", "--upload-file", path])
    arrived(server, name, 2)


def python(server, _folder):
    server.store("python")
    arrived(server, "python")
    pop = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=PATIENCE)
    pop.apop("python", SECRET)
    _, got, _ = pop.retr(1)
    pop.quit()
    same(b"\r\n".join(got) + b"\r\n", message("python"), "by POP3")


def python_tls(server, _folder):
    name = "python-tls"
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=PATIENCE) as smtp:
        smtp.starttls(context=context)
        smtp.login(name, SECRET)
        smtp.sendmail(f"{name}@{DOMAIN}", [f"{name}@{DOMAIN}"], message(name), ["BODY=8BITMIME"])
    arrived(server, name)
    imap = imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=context, timeout=PATIENCE)
    imap.authenticate("PLAIN", lambda _: f"\0{name}\0{SECRET}".encode())
    imap.select("INBOX")
    imap.append("INBOX", r"(\Seen)", None, message(name))
    _, data = imap.uid("SEARCH", "SEEN")
    _, fetched = imap.uid("FETCH", data[0].split()[-1].decode(), "(BODY[])")
    imap.logout()
    if fetched[0][1] != message(name):
        raise Failed("what was appended comes back otherwise")


def smtp_source(server, _folder):
    run(["smtp-source", "-s", "4", "-m", "20", "-l", "4000", "-f", "sender@example.net",
         "-t", f"source@{DOMAIN}", f"127.0.0.1:{server.ports['smtp']}"])
    found = server.mailbox("source")
    if len(found) != 20:
        raise Failed(f"{len(found)} messages arrived instead of 20")
    bodies = {text.split(b"\r\n\r\n", 1)[1] for text in found}
    # The program fills each message with numbered lines of one letter; all messages are alike.
    if len(bodies) != 1 or set(bodies.pop()) - set(b"0123456789X\r\n"):
        raise Failed("the messages are not alike")


def mutt(server, folder):
    configuration = write(folder, "muttrc", (
        f'set smtp_url="smtp://mutt@127.0.0.1:{server.ports["submission"]}/"\nset smtp_pass="{SECRET}"\n'
        f'set from="mutt@{DOMAIN}"\nset realname="Mutt"\nset ssl_starttls=no\nset ssl_force_tls=no\n'
        f'set imap_user="mutt@{DOMAIN}"\nset imap_pass="{SECRET}"\nset copy=yes\nset use_envelope_from=yes\n'
        f'set record="imap://127.0.0.1:{server.ports["imap"]}/Sent"\nset charset=utf-8\nset confirmcreate=no\n'
        "set hostname=example.net\n").encode())
    body = "Hello,\n.\n.dot\nFrom here on\nend\n".encode()
    imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"], timeout=PATIENCE)
    imap.login("mutt", SECRET)
    imap.create("Sent")
    imap.logout()
    run(["mutt", "-n", "-F", configuration, "-s", "for mutt", "--", f"mutt@{DOMAIN}"], body,
        {"TERM": "dumb", "HOME": folder, "LC_ALL": "C.UTF-8"})
    for mailbox in ["INBOX", "Sent"]:
        found = server.mailbox("mutt", mailbox)
        if len(found) != 1:
            raise Failed(f"{len(found)} messages in {mailbox} instead of 1")
        got = found[0].split(b"\r\n\r\n", 1)[1]
        if lines(got) != body:
            raise Failed(f"the text in {mailbox} differs: {got!r}")


def fetchmail(protocol):
    """By POP3 or IMAP into a program that writes a file."""
    def fetch(server, folder):
        name = f"fetch-{protocol[:4].rstrip('3').lower()}" if protocol == "IMAP" else "fetch-pop"
        server.store(name)
        out = os.path.join(folder, f"{name}.out")
        configuration = write(folder, f"{name}.rc", (
            f'poll 127.0.0.1 service {server.ports[protocol.lower()]} protocol {protocol}\n'
            f'  user "{name}@{DOMAIN}" password "{SECRET}" sslproto "" no rewrite\n'
            f'  mda "/bin/sh -c \'cat > {out}\'"\n').encode())
        run(["fetchmail", "--fetchmailrc", configuration, "--invisible", "--nosyslog", "--nodetach",
             "--pidfile", os.path.join(folder, f"{name}.pid")],
            env={"HOME": folder, "FETCHMAILHOME": folder})
        with open(out, "rb") as file:
            same(file.read(), lines(message(name)), "what was fetched")
        if server.mailbox(name):
            raise Failed("the message is still on the server")
    return fetch


TESTS = [
    ("swaks by SMTP", swaks),
    ("swaks by submission, STARTTLS and CRAM-MD5", swaks_tls),
    ("swaks by LMTP", swaks_lmtp),
    ("msmtp by submission and STARTTLS", msmtp),
    ("curl by SMTP, IMAP and POP3", curl),
    ("curl by submissions, IMAPS and POP3S", curl_tls),
    ("Python smtplib, imaplib, and poplib with APOP", python),
    ("Python smtplib and imaplib under TLS", python_tls),
    ("smtp-source of Postfix, twenty messages over four connections", smtp_source),
    ("mutt by submission, with a copy by IMAP", mutt),
    ("fetchmail by POP3", fetchmail("POP3")),
    ("fetchmail by IMAP", fetchmail("IMAP")),
]


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "target", "debug", "mailspec")
    passed = failed = 0
    server = Server(program)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, test in TESTS:
                try:
                    test(server, folder)
                except (Failed, OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto) as error:
                    failed += 1
                    print(f"FAILED  {name}: {error}")
                else:
                    passed += 1
                    print(f"ok      {name}")
    finally:
        server.end()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
