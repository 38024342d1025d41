"""Cookies and third parties in pages: the only way to a script from elsewhere, and lifetimes in words."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.rules.cookie_registry import EXTRA, MEASURED
from privacy.rules.cookies import CHROME_KEEPS, SAFARI_KEEPS_OF_SCRIPTS, Item, Kind, Where
from privacy.views._standing import setting_of

register = template.Library()

_YEAR = 365


@register.simple_tag(takes_context=True)
def third_party(context: template.Context, key: str) -> SafeString | str:
    """Emit a third party's script, if the reader has agreed to it and the page is one that may be measured (D11).

    The script is a loader of our own, which knows the address of the code from here; the content security policy of
    this page then allows that extra's hosts. What is not in the registry is an error.
    """
    extra, request = EXTRA[key], context.get("request")
    standing = getattr(request, "cookies_standing", None)
    page = getattr(getattr(request, "resolver_match", None), "url_name", None)
    if standing is None or extra not in standing.allowed or page not in MEASURED:
        return ""
    request.third_parties = [*getattr(request, "third_parties", ()), extra]  # type: ignore[union-attr]  # not None
    value = setting_of(extra)
    return format_html(
        '<script src="{}" data-id="{}" data-script="{}" defer></script>',
        static(f"js/third-party/{key}.js"),
        value,
        extra.script.format(value),
    )


@register.filter
def in_words(text: str) -> str:
    """A text of the registry in the reader's language."""
    return _(text) if text else ""


@register.filter
def kind_name(kind: Kind) -> str:
    """One of the three kinds of clause D2."""
    return {
        Kind.NECESSARY: _("Strictly necessary"),
        Kind.PERFORMANCE: _("Performance"),
        Kind.FUNCTIONALITY: _("Functionality"),
    }[kind]


@register.filter
def place_name(where: Where) -> str:
    """Where a browser keeps it."""
    return {
        Where.COOKIE: _("Cookie"),
        Where.LOCAL_STORAGE: _("Local storage"),
        Where.SESSION_STORAGE: _("Session storage"),
    }[where]


@register.filter
def lifetime(item: Item) -> str:
    """How long it is kept, and what browsers make of it."""
    if item.lifetime is None:
        return _("Until you clear it") if item.where is Where.LOCAL_STORAGE else _("Until you close the browser")
    notes = []
    if item.lifetime > CHROME_KEEPS:
        notes.append(_("Chrome: %(days)d days") % {"days": CHROME_KEEPS.days})
    if item.by_script and item.lifetime > SAFARI_KEEPS_OF_SCRIPTS:
        notes.append(_("Safari: %(days)d days") % {"days": SAFARI_KEEPS_OF_SCRIPTS.days})
    words = _span(item.lifetime)
    return f"{words} ({', '.join(notes)})" if notes else words


def _span(span: timedelta) -> str:
    if span.days >= _YEAR and span.days % _YEAR == 0:
        count = span.days // _YEAR * 12
        return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}
    if span.days:
        return ngettext("%(count)d day", "%(count)d days", span.days) % {"count": span.days}
    if span.seconds >= 3600:
        return ngettext("%(count)d hour", "%(count)d hours", span.seconds // 3600) % {"count": span.seconds // 3600}
    return ngettext("%(count)d minute", "%(count)d minutes", span.seconds // 60) % {"count": span.seconds // 60}
