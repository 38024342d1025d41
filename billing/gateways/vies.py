"""VIES, the Commission's register of VAT numbers, by its public REST interface (`check-vat-number`).

Its answers prove why an invoice carries no VAT, so nothing is made of an answer that is not exactly one: whatever is
late, malformed, about another number or an error of a member state's register is `ViesDown`.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kernel.errors import Outage

TIMEOUT_SECONDS = 10.0
LIMIT_BYTES = 64 * 1024
_CHUNK_BYTES = 8 * 1024


class ViesDown(Outage):
    """No answer that can be relied on; `detail` says what came instead."""

    code = "vies_down"


@dataclass(frozen=True, kw_only=True)
class ViesAnswer:
    """Whether the number is registered; name and address where the member state tells them; the number of the
    consultation, which proves that it was asked; and the answer as it came."""

    valid: bool
    name: str
    address: str
    consultation_number: str
    raw: dict[str, Any]


class Register(Protocol):
    """Who knows VAT numbers."""

    def check(self, *, number: tuple[str, str], requester: tuple[str, str]) -> ViesAnswer:
        """Ask about a number (prefix, rest), telling who asks. Raises `ViesDown`."""


class Vies:
    """The register at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def check(self, *, number: tuple[str, str], requester: tuple[str, str]) -> ViesAnswer:
        asked = {
            "countryCode": number[0],
            "vatNumber": number[1],
            "requesterMemberStateCode": requester[0],
            "requesterNumber": requester[1],
        }
        return _answer(number, _exchange(self.url, json.dumps(asked).encode()))


def register() -> Register:
    """The register that `VIES_URL` names."""
    return Vies(settings.VIES_URL)


def _exchange(url: str, body: bytes) -> bytes:
    if not url:
        raise ViesDown(_("No register of VAT numbers is configured (VIES_URL)."))
    deadline = time.monotonic() + TIMEOUT_SECONDS
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        response = _pool.connections().request(
            "POST", url, body=body, headers=headers, redirect=False, retries=False, preload_content=False
        )
        try:
            content = _read(response, deadline)
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ViesDown(_("VIES does not answer (%(error)s).") % {"error": type(error).__name__}) from error
    return content


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    content = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > LIMIT_BYTES or time.monotonic() > deadline:
            raise urllib3.exceptions.ResponseError("too large or too slow")
    return bytes(content)


def _answer(number: tuple[str, str], content: bytes) -> ViesAnswer:
    try:
        told = json.loads(content)
    except ValueError as error:
        raise ViesDown(_("VIES answers something that is not JSON.")) from error
    if not isinstance(told, dict):
        raise ViesDown(_("VIES answers something that is not JSON."))
    if errors := _errors(told):
        raise ViesDown(_("VIES cannot tell: %(error)s.") % {"error": errors})
    about = (str(told.get("countryCode", "")), str(told.get("vatNumber", "")).replace(" ", ""))
    if about != number or not isinstance(told.get("valid"), bool):
        raise ViesDown(_("VIES answers another question than it was asked."))
    return ViesAnswer(
        valid=told["valid"],
        name=_text(told, "name", 300),
        address=_text(told, "address", 500),
        consultation_number=_text(told, "requestIdentifier", 80),
        raw=told,
    )


def _errors(told: dict[str, Any]) -> str:
    """Error codes such as MS_UNAVAILABLE; also `userError`, which the older form of an answer has."""
    wrapped = told.get("errorWrappers")
    codes = [str(entry.get("error", "")) for entry in wrapped or [] if isinstance(entry, dict)]
    if told.get("userError") not in {None, "", "VALID", "INVALID"}:
        codes.append(str(told["userError"]))
    if told.get("actionSucceed") is False and not codes:
        codes.append("UNKNOWN")
    return ", ".join(codes)[:100]


def _text(told: dict[str, Any], name: str, limit: int) -> str:
    """A text; `---` is how VIES says that a member state does not tell it."""
    text = str(told.get(name) or "").replace("\x00", "").strip()
    return "" if text == "---" else text[:limit]


class _Pool:
    """Connections of this process; a forked child must not share its parent's sockets."""

    def __init__(self) -> None:
        self.opened: urllib3.PoolManager | None = None

    def forget(self) -> None:
        self.opened = None

    def connections(self) -> urllib3.PoolManager:
        if self.opened is None:
            timeout = urllib3.Timeout(connect=TIMEOUT_SECONDS / 2, read=TIMEOUT_SECONDS)
            self.opened = urllib3.PoolManager(num_pools=2, maxsize=4, timeout=timeout)
        return self.opened


_pool = _Pool()
os.register_at_fork(after_in_child=_pool.forget)
