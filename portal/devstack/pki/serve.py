"""Serves the development PKI: `python -m portal.devstack.pki.serve FOLDER PORT [KEYS]`."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509

from portal.devstack.pki import hierarchy, status, timestamps
from portal.devstack.pki.http import BadRequest, Connection, Request, Response
from portal.devstack.pki.issuing import RequestRefused, SealCertificateAuthority
from portal.devstack.pki.registry import Registry

Answer = Callable[[Request, datetime], Response]


class DevelopmentPki:
    """Answers every request of the PKI; what it does not know is 404."""

    def __init__(self, folder: Path, *, base_url: str, keys: Path, now: datetime) -> None:
        entities = hierarchy.load_or_create(folder, base_url=base_url, keys=keys, now=now)
        self._registry = Registry(folder / "registry.sqlite")
        for name, plan in hierarchy.PLANS.items():
            certificate = entities[name].certificate
            subject, issuer = certificate.subject.rfc4514_string(), plan.issuer or name
            self._registry.record(issuer=issuer, serial=certificate.serial_number, subject=subject, now=now)
        self._routes: dict[tuple[str, str], Answer] = {("GET", "/health"): lambda _request, _now: Response(b"ok\n")}
        for name in ("live-root", "live-seals", "test-root", "test-seals"):
            self._add_authority(entities[name])
        for mode in ("live", "test"):
            self._add_issuing(mode, entities, base_url)
        for name, mode in (("a", "live"), ("b", "live"), ("test", "test")):
            self._add_timestamps(
                name, timestamps.TimestampAuthority(entities[f"tsa-{name}"], entities[f"{mode}-seals"])
            )

    def answer(self, request: Request) -> Response:
        """One request, answered at the time of the clock."""
        now = datetime.now(UTC)
        if answer := self._routes.get((request.method, request.path)):
            return answer(request, now)
        folder, _, encoded = request.path.removeprefix("/ocsp/").partition("/")
        if request.method == "GET" and encoded and (answer := self._routes.get(("POST", f"/ocsp/{folder}"))):
            return answer(Request("POST", request.path, {}, _decoded(encoded)), now)
        if any(path == request.path for _, path in self._routes):
            raise BadRequest("Another method is needed here.", HTTPStatus.METHOD_NOT_ALLOWED)
        raise BadRequest("There is nothing here.", HTTPStatus.NOT_FOUND)

    def _add_authority(self, authority: hierarchy.Entity) -> None:
        certificate = Response(authority.der, "application/pkix-cert")
        revocations = status.RevocationList(authority, self._registry)

        def revocation_list(_request: Request, now: datetime) -> Response:
            return Response(revocations.current(now=now), "application/pkix-crl")

        self._routes["GET", f"/certificates/{authority.name}.cer"] = lambda _request, _now: certificate
        self._routes["GET", f"/crl/{authority.name}.crl"] = revocation_list

    def _add_timestamps(self, name: str, authority: timestamps.TimestampAuthority) -> None:
        def timestamp(request: Request, now: datetime) -> Response:
            try:
                return Response(authority.answer(request.body, now=now), "application/timestamp-reply")
            except timestamps.MalformedRequest as error:
                raise BadRequest(f"Not a timestamp request: {error}") from error

        self._routes["POST", f"/tsa/{name}"] = timestamp

    def _add_issuing(self, mode: str, entities: dict[str, hierarchy.Entity], base_url: str) -> None:
        issuer = entities[f"{mode}-seals"]
        responder = status.StatusResponder(issuer, entities[f"{mode}-ocsp"], self._registry)
        authority = SealCertificateAuthority(issuer, self._registry, base_url)

        def certificate_status(request: Request, now: datetime) -> Response:
            try:
                return Response(responder.answer(request.body, now=now), "application/ocsp-response")
            except status.MalformedRequest as error:
                raise BadRequest(f"Not an OCSP request: {error}") from error

        def issue(request: Request, now: datetime) -> Response:
            if (years := request.query.get("years", "1")) not in {"1", "2", "3"}:
                raise BadRequest("A certificate is valid for 1, 2 or 3 years.")
            try:
                issued = authority.issue(request.body, years=int(years), now=now)
            except RequestRefused as refusal:
                raise BadRequest(str(refusal)) from refusal
            return Response(issued, "application/pem-certificate-chain")

        def revoke(request: Request, now: datetime) -> Response:
            serial, reason = _revocation_order(request.body)
            revoked = self._registry.revoke(issuer=issuer.name, serial=serial, reason=reason, now=now)
            if revoked is None:
                raise BadRequest("This authority issued no certificate with that serial number.", HTTPStatus.NOT_FOUND)
            said = {
                "serial": f"{revoked.serial:x}",
                "revoked_at": revoked.revoked_at.isoformat(),
                "reason": revoked.reason,
            }
            return Response(json.dumps(said).encode(), "application/json")

        self._routes["POST", f"/ocsp/{issuer.name}"] = certificate_status
        self._routes["POST", f"/ca/{mode}/issue"] = issue
        self._routes["POST", f"/ca/{mode}/revoke"] = revoke


def _decoded(encoded: str) -> bytes:
    """The body of a request that came as a part of the path (RFC 6960, A.1)."""
    try:
        return base64.b64decode(unquote(encoded), validate=True)
    except ValueError as error:
        raise BadRequest("Not a request in base64.") from error


def _revocation_order(body: bytes) -> tuple[int, str]:
    """Serial number and reason from JSON; any other shape is a bad request."""
    try:
        order = json.loads(body)
        reason = x509.ReasonFlags(order.get("reason", "unspecified"))
        return int(order["serial"], 16), reason.value
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadRequest('Send {"serial": "<hexadecimal>", "reason": "keyCompromise"}.') from error


async def _serve(pki: DevelopmentPki, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(pki.answer), "127.0.0.1", port, backlog=512
    )
    await server.serve_forever()


def main() -> None:
    folder, port, *keys = sys.argv[1:]
    base_url, now = f"http://127.0.0.1:{port}", datetime.now(UTC)
    pki = DevelopmentPki(Path(folder), base_url=base_url, keys=Path(keys[0] if keys else f"{folder}-keys"), now=now)
    asyncio.run(_serve(pki, int(port)))


if __name__ == "__main__":
    main()
