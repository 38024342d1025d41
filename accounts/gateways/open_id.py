"""OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636), at a provider that a customer names.

Unlike many clients this one checks the ID token's signature although the token comes over TLS, and sends a nonce.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import jwt
import urllib3
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from urllib3.connection import HTTPConnection, HTTPSConnection

from accounts.gateways.assertions import Assertion, AssertionRefused, heard
from accounts.gateways.egress import resolve_public
from kernel.errors import Outage, Refusal

_LIMIT_BYTES = 512 * 1024
_TIMEOUT = urllib3.Timeout(connect=3, read=5)
TOTAL_SECONDS = 10.0
"""For one whole answer: who sends a byte a second never runs into a timeout of reading."""
_REMEMBER_SECONDS = 300.0
_LEEWAY_SECONDS = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_remembered: dict[str, tuple[float, Discovery]] = {}


class ProviderAway(Outage):
    code: ClassVar[str] = "identity_provider_unavailable"


class DiscoveryRefused(Refusal):
    """The provider's own description does not fit; `detail` says what."""

    code = "identity_provider_unfit"
    title = gettext_lazy("There is no usable description of an OpenID provider at this address.")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What is read of `/.well-known/openid-configuration`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """Who we are at one customer's provider."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str


def discover(issuer: str) -> Discovery:
    """The provider's description, fetched now. Raises `ProviderAway`, `HostRefused`, `DiscoveryRefused`."""
    found = _fetched("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise DiscoveryRefused(_("The provider calls itself “%(issuer)s”.") % {"issuer": found.get("issuer", "")})
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(isinstance(found.get(name), str) for name in names):
        raise DiscoveryRefused
    userinfo = found.get("userinfo_endpoint")
    told = {name: str(found[name]) for name in names}
    discovery = Discovery(**told, userinfo_endpoint=userinfo if isinstance(userinfo, str) else "")
    _checked(discovery.authorization_endpoint)
    _remembered[issuer] = (time.monotonic() + _REMEMBER_SECONDS, discovery)
    return discovery


def sign_in_address(client: OpenIdClient, *, state: str, nonce: str, verifier: str, again: bool) -> str:
    """Where the browser goes. `again` asks the provider not to be content with its own session."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if again:
        asked["prompt"] = "login"
    endpoint = _discovered(client.issuer).authorization_endpoint
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"


def redeem(client: OpenIdClient, *, code: str, nonce: str, verifier: str) -> Assertion:
    """What the provider says about the person behind a code. Raises `AssertionRefused`, `ProviderAway`."""
    discovery = _discovered(client.issuer)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "client_id": client.client_id,
        "code_verifier": verifier,
    }
    tokens = _fetched(
        "POST", discovery.token_endpoint, form=form | ({"client_secret": client.secret} if client.secret else {})
    )
    claims = _verified(str(tokens.get("id_token", "")), client, discovery, nonce)
    if "email" not in claims and discovery.userinfo_endpoint and tokens.get("access_token"):
        more = _fetched("GET", discovery.userinfo_endpoint, bearer=str(tokens["access_token"]))
        if more.get("sub") != claims["sub"]:
            raise AssertionRefused(_("Two answers of the provider are about different people."))
        claims = more | claims
    return _assertion(claims)


def _assertion(claims: Mapping[str, Any]) -> Assertion:
    sure = claims.get("email_verified") in (None, True, "true")  # providers of one company do not speak of it
    methods, shown = claims.get("amr"), claims.get("auth_time")
    return heard(
        subject=str(claims["sub"]),
        email=(claims.get("email") or claims.get("preferred_username")) if sure else "",
        name=claims.get("name"),
        methods=frozenset(str(each) for each in methods) if isinstance(methods, list) else frozenset(),
        shown_at=float(shown) if isinstance(shown, int | float) else None,
    )


def _verified(token: str, client: OpenIdClient, discovery: Discovery, nonce: str) -> dict[str, Any]:
    """The claims of an ID token after the checks of OpenID Connect Core, 3.1.3.7."""
    try:
        keys = jwt.PyJWKSet.from_dict(_fetched("GET", discovery.jwks_uri))
        named = jwt.get_unverified_header(token).get("kid")
        fitting = [key for key in keys.keys if named is None or key.key_id == named]
        if len(fitting) != 1:
            raise AssertionRefused(_("The provider’s answer is signed with a key that it does not publish."))
        claims: dict[str, Any] = jwt.decode(
            token,
            fitting[0],
            algorithms=[fitting[0].algorithm_name] if fitting[0].algorithm_name in _ALGORITHMS else [],
            audience=client.client_id,
            issuer=client.issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise AssertionRefused(
            _("The provider’s answer does not hold: %(reason)s.") % {"reason": type(error).__name__}
        ) from error
    if claims.get("nonce") != nonce:
        raise AssertionRefused(_("The provider’s answer is for another sign-in."))
    if claims.get("azp", client.client_id) != client.client_id:
        raise AssertionRefused(_("The provider’s answer is for another program."))
    return claims


def _discovered(issuer: str) -> Discovery:
    known = _remembered.get(issuer)
    return known[1] if known and known[0] > time.monotonic() else discover(issuer)


def forget_providers() -> None:
    """Drop what is remembered of providers."""
    _remembered.clear()


def _checked(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that may be used: https, or http inside EGRESS_ALLOWED_NETWORKS alone."""
    try:
        parts = urlsplit(url if url.isprintable() else "")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = parts.scheme == "http" and settings.EGRESS_ALLOWED_NETWORKS
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.username:
        raise DiscoveryRefused(_("“%(url)s” is no https address.") % {"url": url})
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def _fetched(method: str, url: str, *, form: Mapping[str, str] | None = None, bearer: str = "") -> dict[str, Any]:
    """The JSON object at an address of the provider's; from exactly the server that was found to be public."""
    scheme, host, port = _checked(url)
    address = resolve_public(host, port)[0]
    headers = {"Accept": "application/json", "Host": urlsplit(url).netloc}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(_Cord()) as cord, _connections(scheme, host, address, port, cord) as pool:
            body = urlencode(form) if form is not None else None
            reply = pool.urlopen(
                method, target, body=body, headers=headers, redirect=False, retries=False, preload_content=False
            )
            with closing(reply):
                content = reply.read(_LIMIT_BYTES + 1, decode_content=False)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderAway(_("The identity provider does not answer.")) from error
    return _json(reply.status, content)


class _Cord:
    """Cuts a connection after a while, whatever its other end does. HTTP closes its own end earlier than it reads."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._alarm = Timer(TOTAL_SECONDS, self._cut)
        self._alarm.daemon = True

    def tie(self, connected: socket.socket) -> None:
        """Once: of the connection itself, whatever TLS wraps around it later."""
        self._socket = connected.dup()
        self._alarm.start()

    def close(self) -> None:
        """The answer is here, or will not be."""
        self._alarm.cancel()
        if self._socket is not None:
            self._socket.close()

    def _cut(self) -> None:
        with suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)


class _Limited(HTTPConnection):
    def __init__(self, *args: Any, cord: _Cord, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cord = cord

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._cord.tie(connected)
        return connected


class _LimitedTls(_Limited, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Limited


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _LimitedTls


def _connections(scheme: str, host: str, address: str, port: int, cord: _Cord) -> urllib3.HTTPConnectionPool:
    if scheme == "http":
        return _Pool(address, port, timeout=_TIMEOUT, maxsize=1, cord=cord)
    return _TlsPool(
        address,
        port,
        timeout=_TIMEOUT,
        maxsize=1,
        ssl_context=ssl.create_default_context(),
        server_hostname=host,
        assert_hostname=host,
        cord=cord,
    )


def _json(status: int, content: bytes) -> dict[str, Any]:
    if status >= 500:
        raise ProviderAway(_("The identity provider does not answer."))
    try:
        found = json.loads(content) if len(content) <= _LIMIT_BYTES else None
        json.dumps(found, ensure_ascii=False).encode()  # half a character could be neither kept nor shown
    except (ValueError, RecursionError):
        found = None
    if status != 200 or not isinstance(found, dict):
        raise AssertionRefused(_("The identity provider refuses, with status %(status)d.") % {"status": status})
    return found
