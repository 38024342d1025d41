"""Where certificates are ordered: by hand, or from the development authority."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings

from kernel.errors import Outage
from trust.gateways.http import NoReply, exchange

_LIMIT_BYTES = 64 * 1024


class AuthorityUnavailable(Outage):
    """The certification authority did not issue; worth another try."""

    code = "certification_authority_unavailable"


class CertificateAuthority(Protocol):
    """Turns a certificate request into a certificate."""

    def issue(self, request_pem: str, *, live: bool) -> bytes | None:
        """PEM of the certificate and its chain; None when it is ordered by hand and will be uploaded.

        Raises AuthorityUnavailable.
        """
        ...


class ManualAuthority:
    """Nothing is sent: the request is downloaded, the certificate uploaded."""

    def issue(self, request_pem: str, *, live: bool) -> bytes | None:
        """Always None."""
        return None


class DevelopmentAuthority:
    """The authority of the development stack: `POST <DEVELOPMENT_CA_URL>/<live|test>/issue`, PEM in and out."""

    def issue(self, request_pem: str, *, live: bool) -> bytes | None:
        """The certificate at once. Raises AuthorityUnavailable."""
        url = f"{settings.DEVELOPMENT_CA_URL.rstrip('/')}/{'live' if live else 'test'}/issue"
        headers = {"Content-Type": "application/x-pem-file"}
        try:
            reply = exchange("POST", url, limit_bytes=_LIMIT_BYTES, body=request_pem.encode(), headers=headers)
        except NoReply as error:
            raise AuthorityUnavailable(f"The development authority does not answer: {error}") from error
        if reply.status != 200:
            raise AuthorityUnavailable(f"The development authority answered with HTTP {reply.status}.")
        return reply.body


def certificate_authority() -> CertificateAuthority:
    """The authority chosen by CA_GATEWAY."""
    authorities: dict[str, type[CertificateAuthority]] = {
        "manual": ManualAuthority,
        "development": DevelopmentAuthority,
    }
    return authorities[settings.CA_GATEWAY]()
