"""What an identity provider says about a person, whichever protocol it says it in."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from kernel.errors import Refusal


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
