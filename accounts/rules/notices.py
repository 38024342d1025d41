"""The notices we give (clause E8): which there are, whose mail may be muted, their numbers, and when each counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

MAIL_TRIED_FOR = timedelta(days=4)  # mail servers that relay try for as long (RFC 5321, 4.5.4.1)


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of notice; its words are in `templates/notices/`.

    `mutable`: whether a member may do without the mail. They find the notice in the portal all the same, and it
    counts. Not so where the contract or the law wants it sent. `clause`: why it is sent.
    """

    code: str
    mutable: bool
    clause: str

    @property
    def topic(self) -> str:
        """What members mute: all kinds about one noun."""
        return self.code.partition(".")[0]

    @property
    def template(self) -> str:
        """The template's name without its ending."""
        return f"notices/{self.code.replace('.', '_')}"


# In the order of their names. A new kind is one line here and its two templates.
CATALOGUE: tuple[NoticeKind, ...] = (
    NoticeKind("access.disclosed", mutable=False, clause="D8"),
    NoticeKind("access.ended", mutable=False, clause="D7"),
    NoticeKind("access.granted", mutable=False, clause="D7"),
    NoticeKind("access.requested", mutable=False, clause="D7"),
    NoticeKind("access.used", mutable=False, clause="D7"),
    NoticeKind("api_token.ending", mutable=True, clause="C2"),
    NoticeKind("breach.due", mutable=False, clause="E7"),  # to staff
    NoticeKind("breach.told", mutable=False, clause="E7"),
    NoticeKind("card.charged", mutable=True, clause="B13"),
    NoticeKind("card.dispute_opened", mutable=False, clause="B9"),  # to staff
    NoticeKind("card.payment_disputed", mutable=False, clause="B9"),
    NoticeKind("card.refused", mutable=False, clause="B9, B13"),
    NoticeKind("card.saved", mutable=False, clause="B13"),
    NoticeKind("case.decided", mutable=False, clause="C4, C12"),
    NoticeKind("case.done", mutable=False, clause="C4, C12"),
    NoticeKind("case.opened", mutable=False, clause="C4, C12"),
    NoticeKind("certificate.compromised", mutable=False, clause="A4"),  # to staff
    NoticeKind("certificate.ending", mutable=False, clause="A4"),
    NoticeKind("certificate.ready", mutable=True, clause="A4"),
    NoticeKind("certificate_order.placed", mutable=False, clause="A4"),  # to staff
    NoticeKind("contact_message.received", mutable=False, clause="D12"),  # to staff
    NoticeKind("contract.accepted", mutable=False, clause="B18, C5"),
    NoticeKind("contract.end_announced", mutable=False, clause="C7"),
    NoticeKind("contract.ended", mutable=False, clause="C8"),
    NoticeKind("contract.ending", mutable=False, clause="B14, C6, C7"),
    NoticeKind("contract.ending_withdrawn", mutable=False, clause="C6"),
    NoticeKind("customer.inactive", mutable=False, clause="C9"),
    NoticeKind("customer.restored", mutable=False, clause="C7"),
    NoticeKind("customer.suspended", mutable=False, clause="C7"),
    NoticeKind("disclosure.told", mutable=False, clause="D8"),
    NoticeKind("email_domain.verified", mutable=True, clause="C10"),
    NoticeKind("identity.linked", mutable=False, clause="C10"),
    NoticeKind("invoice.breach_noticed", mutable=False, clause="B15"),
    NoticeKind("invoice.cured", mutable=False, clause="B15"),
    NoticeKind("invoice.due_soon", mutable=True, clause="B9"),
    NoticeKind("invoice.issued", mutable=True, clause="B9, E8"),
    NoticeKind("invoice.mail_refused", mutable=True, clause="E8"),
    NoticeKind("invoice.more_time_given", mutable=False, clause="B15"),
    NoticeKind("invoice.overdue", mutable=False, clause="B10"),
    NoticeKind("invoice.overdue_withdrawn", mutable=False, clause="B10"),
    NoticeKind("invoice.waiting", mutable=False, clause="B3"),  # to staff
    NoticeKind("legal.announced", mutable=False, clause="D10"),
    NoticeKind("mail.bounced", mutable=False, clause="E8"),
    NoticeKind("mail_server.failed", mutable=False, clause="E11"),
    NoticeKind("member.ended", mutable=False, clause="C2"),
    NoticeKind("member.joined", mutable=True, clause="C2"),
    NoticeKind("member.left", mutable=True, clause="C2"),
    NoticeKind("member.restored", mutable=False, clause="C2"),
    NoticeKind("member.role_changed", mutable=False, clause="C2"),
    NoticeKind("member.suspended", mutable=False, clause="C2"),
    NoticeKind("ownership.transferred", mutable=False, clause="C2"),
    NoticeKind("payment.received", mutable=True, clause="B9"),
    NoticeKind("payment.refunded", mutable=False, clause="B9"),
    NoticeKind("payment.returned", mutable=False, clause="B9, B10"),
    NoticeKind("person.deletion_asked", mutable=False, clause="D3"),
    NoticeKind("person.unfinished", mutable=False, clause="D3"),
    NoticeKind("price_change.announced", mutable=False, clause="B6"),
    NoticeKind("reference.consented", mutable=False, clause="C11"),
    NoticeKind("reference.withdrawn", mutable=False, clause="C11"),
    NoticeKind("retention.braked", mutable=False, clause="D5"),  # to staff
    NoticeKind("rights_request.due", mutable=False, clause="D1"),  # to staff
    NoticeKind("rights_request.forwarded", mutable=False, clause="D9"),
    NoticeKind("sign_in_rules.changed", mutable=False, clause="C10"),
    NoticeKind("special_terms.ended", mutable=False, clause="B17"),
    NoticeKind("special_terms.recorded", mutable=False, clause="B17"),
    NoticeKind("spending_cap.exhausted", mutable=False, clause="B7"),
    NoticeKind("spending_cap.reached", mutable=False, clause="B7"),
    NoticeKind("storage.erased", mutable=False, clause="B11"),
    NoticeKind("storage.excess", mutable=False, clause="B11"),
    NoticeKind("sub_processor.announced", mutable=False, clause="D9"),
    NoticeKind("subscription.cancelled", mutable=False, clause="B4, B12"),
    NoticeKind("subscription.end_announced", mutable=False, clause="B14"),
    NoticeKind("usage.cost_reached", mutable=True, clause="B7"),
    NoticeKind("usage.share_reached", mutable=True, clause="B7"),
    NoticeKind("webhook.disabled", mutable=False, clause="E8"),
)

_BY_CODE = {kind.code: kind for kind in CATALOGUE}


def notice_kind(code: str) -> NoticeKind:
    """The kind called `code`; a KeyError, because nobody gives notices that are not in the catalogue."""
    return _BY_CODE[code]


def mutable_topics() -> list[str]:
    """The topics with a mail that can be muted, by name."""
    return sorted({kind.topic for kind in CATALOGUE if kind.mutable})


def is_mailed(kind: NoticeKind, *, muted_topics: Iterable[str], restricted: bool = False) -> bool:
    """Whether a member who has muted these topics gets the mail; while their data are `restricted`, as if all were."""
    return not (kind.mutable and (restricted or kind.topic in muted_topics))


def notice_number(year: int, place: int) -> str:
    """What people call a notice: the `place`th one of its customer in a year."""
    return f"N-{year}-{place:06d}"


def given_on(given_at: datetime | None, zone: tzinfo) -> date | None:
    """The day on which a notice counts as given: the one on which it was sent, in the operator's zone (clause E8)."""
    return given_at and given_at.astimezone(zone).date()


NAMES_IN_FACTS = frozenset({"name", "by", "url", "prefix", "email", "answer", "provider", "host", "words"})
"""What a notice may say of people and of a customer's settings. It goes with the customer (D3); that the notice was
given, of what kind and about which document or date stays with the books (D4)."""
