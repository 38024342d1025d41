"""What an identity provider says about a person, whichever protocol it says it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.rules.invitation_lists import looks_like_address
from kernel.errors import Refusal

_LONGEST_SUBJECT, _LONGEST_NAME = 255, 120


@dataclass(frozen=True, slots=True)
class Assertion:
    """A provider's word, whose signature, issuer, audience and time have been checked.

    `subject` is who it is, for ever; `email` in lower case or empty. `methods` is how they signed in (`amr` or
    AuthnContext); `answers` the request that it answers, where that is still to be compared (SAML). `shown_at` is when
    they last showed there who they are (`auth_time` or AuthnInstant), in seconds since 1970; None where it is not told.
    """

    subject: str
    email: str
    name: str
    methods: frozenset[str] = field(default_factory=frozenset)
    answers: str = ""
    shown_at: float | None = None


class AssertionRefused(Refusal):
    """The provider's answer does not hold."""

    code = "provider_answer_refused"
    status = 403
    title = _("The answer of the identity provider cannot be trusted.")


def heard(*, subject: str, email: object, name: object, **more: Any) -> Assertion:
    """What a provider said, as far as it can be kept: another text than an address or one line of a name is none.

    Raises `AssertionRefused` without a subject by which somebody would be found again.
    """
    if not (subject.strip() and subject.isprintable() and len(subject) <= _LONGEST_SUBJECT):
        raise AssertionRefused(_("The provider names nobody for good."))
    address = email.strip().lower() if isinstance(email, str) else ""
    called = name.strip()[:_LONGEST_NAME] if isinstance(name, str) else ""
    return Assertion(
        subject=subject,
        email=address if looks_like_address(address) else "",
        name=called if called.isprintable() else "",
        **more,
    )
