"""Where certificates are ordered: by hand, or from the development authority."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kernel.errors import Outage, Refusal
from trust.gateways.http import NoReply, exchange

_LIMIT_BYTES = 64 * 1024


class AuthorityUnavailable(Outage):
    """The certification authority did not issue; worth another try."""

    code = "certification_authority_unavailable"


class RequestRefusedByAuthority(Refusal):
    """The certification authority will not certify this request; its reason is the detail."""

    code = "certificate_request_refused"
    title = _("The certification authority refused the certificate request.")


class CertificateAuthority(Protocol):
    """Turns a certificate request into a certificate."""

    def issue(self, request_pem: str, *, live: bool, years: int = 1) -> bytes | None:
        """PEM of a certificate for `years` and its chain; None when it is ordered by hand and will be uploaded.

        Raises RequestRefusedByAuthority, AuthorityUnavailable.
        """
        ...


class ManualAuthority:
    """Nothing is sent: the request is downloaded, the certificate uploaded."""

    def issue(self, request_pem: str, *, live: bool, years: int = 1) -> bytes | None:
        """Always None."""
        return None


class DevelopmentAuthority:
    """The development stack's: `POST <DEVELOPMENT_CA_URL>/<live|test>/issue?years=<1|2|3>`, PEM in and out."""

    def issue(self, request_pem: str, *, live: bool, years: int = 1) -> bytes | None:
        """The certificate at once. Raises RequestRefusedByAuthority, AuthorityUnavailable."""
        url = f"{settings.DEVELOPMENT_CA_URL.rstrip('/')}/{'live' if live else 'test'}/issue?years={years}"
        headers = {"Content-Type": "application/x-pem-file"}
        try:
            reply = exchange("POST", url, limit_bytes=_LIMIT_BYTES, body=request_pem.encode(), headers=headers)
        except NoReply as error:
            raise AuthorityUnavailable(f"The development authority does not answer: {error}") from error
        if 400 <= reply.status < 500:
            raise RequestRefusedByAuthority(reply.body.decode("utf-8", "replace")[:500])
        if reply.status != 200:
            raise AuthorityUnavailable(f"The development authority answered with HTTP {reply.status}.")
        return reply.body


def issues_at_once(*, live: bool) -> bool:
    """Whether certificates of this mode are issued by the development authority, without a person in between."""
    return bool((settings.CA_GATEWAY if live else settings.TEST_CA_GATEWAY) == "development")


def certificate_authority(*, live: bool) -> CertificateAuthority:
    """The authority chosen by CA_GATEWAY, for test certificates by TEST_CA_GATEWAY."""
    return DevelopmentAuthority() if issues_at_once(live=live) else ManualAuthority()
