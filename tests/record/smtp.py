"""A session of smtplib: HOST PORT USER ADDRESS SECRET."""
import smtplib
import sys

host, port, user, address, secret = sys.argv[1:]
client = smtplib.SMTP(host, int(port))
client.login(user, secret)
message = f"From: {address}\r\nTo: {address}\r\nSubject: dots\r\n\r\n.leading ${{dollars}}\r\n.\r\nend\r\n"
assert client.sendmail(address, [address], message) == {}
try:
    client.sendmail(address, ["nobody-at-all@" + address.split("@")[1]], message)
except smtplib.SMTPRecipientsRefused:
    pass
client.quit()
