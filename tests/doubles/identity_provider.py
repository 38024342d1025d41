"""Identity providers over HTTP on loopback, OpenID Connect and SAML, that can be told to lie.

They keep to the protocols with code of their own (PyJWT signs ID tokens, xmlsec assertions), so that what our side
accepts has been made by somebody else's reading of the standards.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils


@dataclass(frozen=True)
class Key:
    """A signing key and its certificate, as PEM."""

    private: rsa.RSAPrivateKey
    pem: str
    certificate: str


@cache
def key(name: str) -> Key:
    """The key called `name`; made once a run."""
    private = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Key(private, pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode())


@dataclass
class IdentityProviderDouble:
    """Who is signed in there, what it is told to say wrongly, and what it was asked.

    `person` are the claims about who is signed in. `lies` replaces claims of ID tokens, `forged` words of SAML
    answers; `signs` is the key that signs (None: nothing is signed), `publishes` the one that others know.
    """

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    forged: dict[str, str] = field(default_factory=dict)
    signs: Key | None = field(default_factory=lambda: key("honest"))
    publishes: Key = field(default_factory=lambda: key("honest"))
    client_id: str = "sealport"
    secret: str = "between us"
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)

    # --- OpenID Connect

    def describe(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            **self.discovery,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to, with a code."""
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode()
        proved = asked is not None and challenge.rstrip("=") == asked["code_challenge"]
        if not proved or form["client_secret"] != self.secret or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims = {name: value for name, value in (claims | self.lies).items() if value is not None}
        if self.signs is None:
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
        return jwt.encode(claims, self.signs.private, algorithm="RS256", headers={"kid": "one"})

    def keys(self) -> dict[str, Any]:
        published = jwt.algorithms.RSAAlgorithm.to_jwk(self.publishes.private.public_key(), as_dict=True)
        return {"keys": [{**published, "kid": "one", "use": "sig", "alg": "RS256"}]}

    # --- SAML

    @property
    def metadata(self) -> str:
        certificate = "".join(self.publishes.certificate.splitlines()[1:-1])
        return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.url}/saml">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">
<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{self.url}/sso"/></md:IDPSSODescriptor>
</md:EntityDescriptor>"""

    def answer(self, request: str = "") -> tuple[str, str]:
        """Where to post, and the response to a request; without one, a response that nobody asked for."""
        asked: dict[str, str] = {}
        if request:
            found = etree.fromstring(zlib.decompress(base64.b64decode(request), -15))
            issuer = found.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
            address = found.get("AssertionConsumerServiceURL")
            asked = {"in_response_to": found.get("ID"), "audience": issuer, "recipient": address}
            self.asked.append(asked)
        now = datetime.now(UTC)
        words = {
            "issuer": f"{self.url}/saml",
            "subject": self.person["sub"],
            "email": self.person.get("email", ""),
            "name": self.person.get("name", ""),
            "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "context": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
            "until": _time(now + timedelta(minutes=5)),
            **asked,
            **self.forged,
        }
        words = {name: escape(str(value), {'"': "&quot;"}) for name, value in words.items()}
        words.setdefault("confirms", words["in_response_to"])
        words |= {"now": _time(now), "before": _time(now - timedelta(minutes=5))}
        assertion = _ASSERTION.format(id="_" + secrets.token_hex(16), **words).replace(' InResponseTo=""', "")
        if self.signs is not None:
            assertion = _text(OneLogin_Saml2_Utils.add_sign(assertion, self.signs.pem, self.signs.certificate))
        assertion = assertion.replace(self.forged.get("swapped_from", "\0"), self.forged.get("swapped_to", ""))
        response = _RESPONSE.format(id="_" + secrets.token_hex(16), assertion=assertion, **words)
        response = response.replace(' InResponseTo=""', "")
        return words["recipient"], base64.b64encode(response.encode()).decode()


_ASSERTION = (
    '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{now}">'
    "<saml:Issuer>{issuer}</saml:Issuer>"
    '<saml:Subject><saml:NameID Format="{format}">{subject}</saml:NameID>'
    '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
    '<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{recipient}" InResponseTo="{confirms}"/>'
    "</saml:SubjectConfirmation></saml:Subject>"
    '<saml:Conditions NotBefore="{before}" NotOnOrAfter="{until}">'
    "<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
    '<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="s1"><saml:AuthnContext>'
    "<saml:AuthnContextClassRef>{context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
    '<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>{email}</saml:AttributeValue>'
    '</saml:Attribute><saml:Attribute Name="displayName"><saml:AttributeValue>{name}</saml:AttributeValue>'
    "</saml:Attribute></saml:AttributeStatement></saml:Assertion>"
)
_RESPONSE = (
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{now}" '
    'Destination="{recipient}" InResponseTo="{in_response_to}"><saml:Issuer>{issuer}</saml:Issuer><samlp:Status>'
    '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>'
)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Pages(BaseHTTPRequestHandler):
    double: IdentityProviderDouble

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self._json(200, self.double.describe())
        elif parts.path == "/keys":
            self._json(200, self.double.keys())
        elif parts.path == "/userinfo":
            assert self.headers["Authorization"] == "Bearer access"
            self._json(200, self.double.person)
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.double.authorize(asked))
            self.end_headers()
        elif parts.path == "/sso":
            address, response = self.double.answer(asked["SAMLRequest"])
            field = f'<input name="SAMLResponse" value="{response}">'
            page = f'<form method="post" action="{html.escape(address)}">{field}</form>'
            self._send(200, "text/html", page.encode())
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._json(*self.double.redeem({name: values[0] for name, values in form.items()}))

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def identity_provider() -> Iterator[IdentityProviderDouble]:
    """A provider that listens on loopback until the block ends."""
    double = IdentityProviderDouble()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Pages", (_Pages,), {"double": double}))
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
