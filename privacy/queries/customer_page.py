"""What is kept for one customer and until when: the rules, with the customer's own dates (D3, D4, D5, B11, E9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts.queries.contract import contract_end
from billing.queries.line_words import day_words
from billing.queries.subscription import subscription_seen_by
from kernel.actor import Actor
from kernel.audit_payloads import chosen_retention
from kernel.clock import legal_date, legal_midnight
from privacy.catalogue import RULE
from privacy.queries.periods import PeriodWords, period_words
from privacy.rules.audit_periods import AUDIT_RULES
from privacy.rules.retention import RetentionRule, Span, due_on, last_day_gone, promised_on


@dataclass(frozen=True, slots=True)
class KeptForCustomer:
    """A rule in words, and in `own` what it comes to for this customer today."""

    period: PeriodWords
    own: str


def kept_for_customer(actor: Actor, *, today: date) -> list[KeptForCustomer]:
    """The rules that hold for the actor's customer; raises `Forbidden` without `customer.manage`.

    What a running contract keeps has no date yet: the sentence says which it would be if the contract ended today.
    """
    actor.require("customer.manage")
    found: list[tuple[str, Callable[[RetentionRule], str]]] = [
        ("content", lambda rule: _content(rule, actor.customer, today)),
        ("bookkeeping", lambda rule: _bookkeeping(rule, today)),
        *_records(actor.customer, today),
        ("backup", lambda rule: _backup(rule, today)),
    ]
    if excess := _excess(actor, today):
        found.append(("downgrade_excess", lambda _rule: excess))
    return [KeptForCustomer(period_words(RULE[key]), own(RULE[key])) for key, own in found]


def _records(customer_id: str, today: date) -> list[tuple[str, Callable[[RetentionRule], str]]]:
    """Activity, and before it the audit trail where that is kept longer."""
    key, chosen = AUDIT_RULES[chosen_retention(customer_id)]
    activity = ("activity", lambda rule: _already_gone(rule, today))
    return [activity] if key == "activity" else [(key, lambda rule: _already_gone(rule, today, chosen)), activity]


def _content(rule: RetentionRule, customer_id: str, today: date) -> str:
    ends_at = contract_end(customer_id)
    if ends_at is not None:
        ends_on = legal_date(ends_at)
        return _("The contract ends on %(ends)s: from %(gone)s on it is gone.") % {
            "ends": day_words(ends_on),
            "gone": day_words(promised_on(rule, ends_on)),
        }
    gone = day_words(promised_on(rule, today))
    return _("It stays while the contract runs. If that ended today, it would be gone from %(gone)s on.") % {
        "gone": gone
    }


def _bookkeeping(rule: RetentionRule, today: date) -> str:
    last = date.fromordinal(due_on(rule, today).toordinal() - 1)
    return _("What belongs to this year stays until the end of %(last)s.") % {"last": day_words(last)}


def _already_gone(rule: RetentionRule, today: date, chosen: Span | None = None) -> str:
    gone = day_words(last_day_gone(rule, today, chosen=chosen))
    return _("What happened on %(gone)s or before is gone.") % {"gone": gone}


def _backup(rule: RetentionRule, today: date) -> str:
    gone = day_words(due_on(rule, today))
    return _("What you delete today is in no backup any more from %(gone)s on.") % {"gone": gone}


def _excess(actor: Actor, today: date) -> str:
    """What a smaller plan does not hold; nothing for who may not see the plan, and without any."""
    if not actor.may("billing.read"):
        return ""
    seen = subscription_seen_by(actor, now=legal_midnight(today))
    if seen is None or seen.excess is None:
        return ""
    return _("What exceeds the storage of your plan is erased on %(on)s.") % {"on": day_words(seen.excess.erase_on)}
