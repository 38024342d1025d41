"""How the product says no: a refusal is final and expected, an outage is somebody else's and passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: `pointer` is a JSON pointer (RFC 6901), `code` is stable, `detail` is for people."""

    pointer: str
    code: str
    detail: str


class Refusal(Exception):
    """An expected "no". Rendered as RFC 9457 problem+json by the API and as a form error by pages.

    `code` never changes once released; `status` is the HTTP status; `title` is the sentence shown when the raiser
    gives no `detail`.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    title: ClassVar[StrOrPromise] = _("This cannot be done.")

    def __init__(self, detail: StrOrPromise = "", *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail: StrOrPromise = detail or self.title
        self.errors = tuple(errors)


class NotFound(Refusal):
    """Also the answer for what exists but belongs to somebody else."""

    code = "not_found"
    status = 404
    title = _("There is nothing here by that name.")


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    title = _("Your role does not allow this.")


class InvalidInput(Refusal):
    """Fields that do not fit; `errors` says which and why."""

    code = "invalid_input"
    status = 422
    title = _("Some fields need another look.")


class Outage(Exception):
    """Something outside failed. It is retried and is never the customer's fault; `detail` says whose outage it is."""

    code: ClassVar[str] = "outage"

    def __init__(self, detail: StrOrPromise) -> None:
        super().__init__(detail)
        self.detail = detail
