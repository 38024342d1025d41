"""How long something is kept, in words of the reader's language, made from the rule that acts."""

from __future__ import annotations

from dataclasses import dataclass

from babel.lists import format_list
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy, to_locale
from django.utils.translation import gettext as _

from privacy.catalogue import RULE, STORES, TABLES
from privacy.rules.retention import RetentionRule, Span, Start

_COUNTED_FROM = {
    Start.EVENT: gettext_lazy("counted from the day on which it happened"),
    Start.GIVEN: gettext_lazy("counted from the day on which it was chosen or given"),
    Start.END_OF_CONTRACT: gettext_lazy("counted from the end of the contract"),
    Start.END_OF_MEMBERSHIP: gettext_lazy("counted from the day on which the person left their last customer"),
    Start.END_OF_BOOKKEEPING_YEAR: gettext_lazy("counted from the end of the calendar year that it belongs to"),
    Start.LAST_ACTIVITY: gettext_lazy("counted from the last sign-in or use of the API"),
    Start.DOWNGRADE: gettext_lazy("counted from the change to the smaller plan"),
    Start.CLOSED: gettext_lazy("counted from the day on which it was closed"),
    Start.MADE: gettext_lazy("counted from the day on which it was made"),
    Start.UPGRADE: gettext_lazy("counted from the upgrade"),
}
# What ends with these is to go, and not to be kept: the clause promises the day by which it is gone.
_GOES_WITHIN = frozenset({Start.END_OF_CONTRACT, Start.END_OF_MEMBERSHIP})
_AND = pgettext_lazy("between two parts of a period", "%(first)s and %(second)s")
_STORES = {table.name: table.words for table in TABLES} | {each.key: each.words for each in STORES}


@dataclass(frozen=True, slots=True)
class PeriodWords:
    """A rule for people: what is kept, how long, counted from when, and what else holds, as sentences."""

    key: str
    what: str
    period: str
    counted: str
    more: tuple[str, ...]
    clause: str


def rule_words(key: str) -> str:
    """What a rule keeps, in words, by its key; the key itself where the catalogue no longer knows it."""
    return _(RULE[key].words) if key in RULE else key


def store_words(store: str) -> str:
    """What a table or store holds, in words; its name where the catalogue has none for people."""
    words = _STORES.get(store)
    return _(words) if words else store


def run_words(rule: str, store: str = "") -> str:
    """What a run of the engine is about: its rule, and the store where it goes by age."""
    return " · ".join((rule_words(rule), store_words(store))) if store else rule_words(rule)


def span_words(span: Span) -> str:
    """A span in words with the plural forms of the language: "10 years", "18 months", "1 year and 6 months"."""
    parts = [
        form % {"count": count}
        for count, form in (
            (span.years, ngettext("%(count)d year", "%(count)d years", span.years)),
            (span.months, ngettext("%(count)d month", "%(count)d months", span.months)),
            (span.days, ngettext("%(count)d day", "%(count)d days", span.days)),
        )
        if count
    ]
    words = parts.pop() if parts else ngettext("%(count)d day", "%(count)d days", 0) % {"count": 0}
    while parts:
        words = _AND % {"first": parts.pop(), "second": words}
    return words


def period_words(rule: RetentionRule) -> PeriodWords:
    """What the rule promises: the last day of its period belongs to it, and on the next the thing is gone (D3, D4, D5).

    Where the promise is that something goes, the day on which it is gone at the latest counts, by the rule's ceiling:
    six whole days are "within 7 days".
    """
    period = span_words(rule.period)
    longest = rule.ceiling or rule.period
    if rule.start in _GOES_WITHIN and longest == Span(days=longest.days):
        within = longest.days + 1
        period = ngettext("gone within %(count)d day", "gone within %(count)d days", within) % {"count": within}
    return PeriodWords(
        key=rule.key,
        what=_(rule.words),
        period=period,
        counted=str(_COUNTED_FROM[rule.start]),
        more=tuple(_more(rule)),
        clause=rule.clause,
    )


def _more(rule: RetentionRule) -> list[str]:
    found = []
    if rule.adjustable and rule.floor and rule.ceiling:
        limits = {"floor": span_words(rule.floor), "ceiling": span_words(rule.ceiling)}
        found.append(
            _("A customer may choose another period: at least %(floor)s, at most %(ceiling)s.") % limits,
        )
    if rule.notice_days:
        days = format_list([str(each) for each in rule.notice_days], locale=to_locale(get_language() or "en"))
        found.append(_("Those concerned are told %(days)s days before.") % {"days": days})
    return found
