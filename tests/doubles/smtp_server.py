"""A mail server on loopback that speaks TLS, keeps what it is sent, and can misbehave in every way that servers do."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "swordfish"


@dataclass
class SmtpServer:
    """`habit`: take, stall, drip, endless, drop, lose_answer, no_tls, refuse_recipient, greylist, refuse_sender, busy.

    `mails` are (sender, recipient, content) of what was taken.
    """

    context: ssl.SSLContext
    tls: bool = False
    habit: str = "take"
    mails: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @contextmanager
    def running(self) -> Iterator[SmtpServer]:
        """Listen at `port` until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            threading.Thread(target=self._listen, args=(listener,), daemon=True).start()
            yield self

    def _listen(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _from = listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with suppress(OSError, ssl.SSLError):
            if self.tls:
                connection = self.context.wrap_socket(connection, server_side=True)
            _Conversation(self, connection).hold()
        with suppress(OSError):
            connection.close()


class _Conversation:
    def __init__(self, server: SmtpServer, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self.file = connection.makefile("rb")
        self.encrypted = server.tls
        self.sender = self.recipient = ""

    def say(self, line: str) -> None:
        self.connection.sendall(f"{line}\r\n".encode())

    def hold(self) -> None:
        habit = self.server.habit
        if habit == "stall":
            self.file.readline()
        if habit == "drip":
            while True:
                self.connection.sendall(b".")
                threading.Event().wait(0.05)
        while habit == "endless":
            self.connection.sendall(b"220-hello\r\n" * 1000)
        self.say("554 go away" if habit == "busy" else "220 double ESMTP")
        while line := self.file.readline():
            if not self.answer(line.decode().strip()):
                return

    def answer(self, line: str) -> bool:
        habit, word = self.server.habit, line.split(" ", maxsplit=1)[0].upper()
        match word:
            case "EHLO":
                offers = ["250-double"]
                offers += ["250-STARTTLS"] if not self.encrypted and habit != "no_tls" else []
                offers += ["250-AUTH PLAIN"] if self.encrypted else []
                for offer in offers:
                    self.say(offer)
                self.say("250 8BITMIME")
            case "STARTTLS":
                self.say("220 go on")
                self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
                self.file, self.encrypted = self.connection.makefile("rb"), True
            case "AUTH":
                secret = base64.b64decode(line.split(" ")[2]).split(b"\0")[2].decode()
                self.say("235 welcome" if secret == PASSWORD else "535 5.7.8 not\x1b[31m you")
            case "MAIL":
                self.sender = line.partition("<")[2].partition(">")[0]
                self.say("550 5.7.1 not from you" if habit == "refuse_sender" else "250 ok")
            case "RCPT":
                self.recipient = line.partition("<")[2].partition(">")[0]
                said = {"refuse_recipient": "550 5.1.1 nobody here", "greylist": "450 4.2.0 come back later"}
                self.say(said.get(habit, "250 ok"))
            case "DATA":
                if habit == "drop":
                    return False
                self.say("354 go on")
                content = b"".join(iter(self.file.readline, b".\r\n"))
                self.server.mails.append((self.sender, self.recipient, content))
                if habit == "lose_answer":
                    return False
                self.say("250 taken")
            case "QUIT":
                self.say("221 bye")
                return False
            case _:
                self.say("250 ok")
        return True


def certificate(folder: Path, name: str = "smtp.acme.example") -> tuple[Path, ssl.SSLContext]:
    """A PEM file to trust, and a server's context with a certificate for `name` that it has issued itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    public, private = folder / "server.pem", folder / "server.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context
