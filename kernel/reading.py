"""Who reads: staff get at no customer's key, and so at nothing it encrypts, unless an access grant is open (clause D7).

The vault asks here before it hands out a key, so that no page of staff can forget to. A request below `/staff/` is
staff's from its first line to the last byte of its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import Forbidden

OPERATOR = "operator"
"""Under whose key the operator's own files are, such as the evidence of cases. They are no customer's."""


class NoGrant(Forbidden):
    """Staff asked for something that a customer keeps encrypted, without a grant that is open for it."""

    code = "no_access_grant"
    title = _("This is the customer’s alone. It opens with an access grant, and none is open.")


@dataclass(frozen=True, slots=True)
class Opening:
    """What an access grant opens for one page of staff: one customer's names, `content` of files too, and until when.

    The end is exclusive and in UTC. `trail`: the page shows what the customer's audit trail says, too.
    """

    customer_id: str
    content: bool
    until: datetime
    trail: bool = False


@dataclass(frozen=True, slots=True)
class _Staff:
    opening: Opening | None = None

    def require(self, customer_id: str, *, content: bool = False, trail: bool = False) -> None:
        if customer_id == OPERATOR:
            return
        opening = self.opening
        if opening is None or opening.customer_id != customer_id or clock.now() >= opening.until:
            raise NoGrant
        if content and not opening.content:
            raise NoGrant(_("The access grant opens names, but no content."))
        if trail and not opening.trail:
            raise NoGrant(_("The access grant does not open the audit trail."))


_reader: ContextVar[_Staff | None] = ContextVar("reader", default=None)


@contextmanager
def _as(reader: _Staff) -> Iterator[None]:
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


@contextmanager
def as_staff() -> Iterator[None]:
    """Within the block nothing of any customer can be decrypted."""
    with _as(_Staff()):
        yield


@contextmanager
def opened(opening: Opening) -> Iterator[None]:
    """Within the block what `opening` names can be, too. Only after the reading was recorded."""
    with _as(_Staff(opening)):
        yield


def require(customer_id: str) -> None:
    """Raise `NoGrant` where staff read without one; members, programs and jobs pass."""
    if reader := _reader.get():
        reader.require(customer_id)


def require_trail(customer_id: str) -> None:
    """The same for what a customer's audit trail says, which a grant opens only where it names it."""
    if reader := _reader.get():
        reader.require(customer_id, trail=True)


def permission_to_read(customer_id: str) -> Callable[[], None]:
    """What to call before each part of a file: raises `NoGrant`, now and later, when the grant ends while it is sent.

    It speaks for whoever asks now, because an answer may be sent when its request is over.
    """
    reader = _reader.get()

    def still_allowed() -> None:
        if reader is not None:
            reader.require(customer_id, content=True)

    still_allowed()
    return still_allowed


def _streamed_as_staff(parts: Any) -> Iterator[bytes]:
    iterator = iter(parts)
    while True:
        with as_staff():
            part = next(iterator, None)
        if part is None:
            return
        yield part


class StaffReadingMiddleware:
    """Makes every request below `/staff/` one of staff's. Before the path is taken apart: `/c/x/staff/` is a portal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/staff/"):
            return self.get_response(request)
        with as_staff():
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _streamed_as_staff(response.streaming_content)
        return response
