"""Every cookie and every entry of a browser's storage that this site brings about: the one place they are declared in.

The public table, the banner, the content security policy and the tag that emits a third party's script are made from
it, and a browser is compared with it. An extra without its setting does not exist for anybody (docs/settings.md).
"""

from __future__ import annotations

from datetime import timedelta

from privacy.rules.cookies import CHOICE_KEPT, Extra, Item, Kind, Where


def _(text: str) -> str:
    """Marks what is translated where it is shown."""
    return text


_YEAR = timedelta(days=365)
_VISITOR = _("Tells visits of one browser from those of another.")
_VISIT = _("Keeps the pages of one visit together.")
_TRIES = _("Tries out whether the browser keeps anything, and goes at once.")

NECESSARY: tuple[Item, ...] = (
    Item(name="session", purpose=_("Keeps you signed in."), lifetime=timedelta(hours=12)),
    Item(
        name="csrftoken",
        purpose=_("Proves that a form was sent from this site, and not by another in your name."),
        lifetime=timedelta(days=364),
    ),
    Item(name="consent", purpose=_("Remembers what you chose on this page."), lifetime=CHOICE_KEPT),
    Item(name="messages", purpose=_("Carries what a button did to the next page, which shows it.")),
    Item(
        name="known_browser",
        purpose=_("Lets you in after strangers have used up the attempts at your password."),
        lifetime=_YEAR,
    ),
    Item(name="language", purpose=_("Keeps the language you chose."), lifetime=_YEAR),
    Item(name="country", purpose=_("Keeps the country you chose."), lifetime=_YEAR),
    Item(name="time_zone", purpose=_("Keeps the time zone you chose."), lifetime=_YEAR),
    Item(
        name="theme",
        purpose=_("Keeps your choice of a light or dark page, if it differs from your system’s."),
        where=Where.LOCAL_STORAGE,
        by_script=True,
    ),
    Item(
        name="nav",
        purpose=_("Remembers that you folded the menu."),
        where=Where.LOCAL_STORAGE,
        by_script=True,
    ),
    Item(
        name="htmx-current-path-for-history",
        purpose=_("Makes the browser’s back button work in lists."),
        where=Where.SESSION_STORAGE,
        by_script=True,
    ),
    Item(
        name="sidebarDesktopOpen",
        purpose=_("Remembers whether the menu is open in the pages of our staff."),
        where=Where.LOCAL_STORAGE,
        by_script=True,
        staff=True,
    ),
    Item(
        name="adminTheme",
        purpose=_("Keeps the choice of a light or dark page in the pages of our staff."),
        where=Where.LOCAL_STORAGE,
        by_script=True,
        staff=True,
    ),
    Item(
        name="commandHistory",
        purpose=_("Remembers what our staff searched for last."),
        where=Where.LOCAL_STORAGE,
        by_script=True,
        staff=True,
    ),
    Item(
        name="django.admin.*",
        purpose=_("Remembers which filters are open in the pages of our staff."),
        where=Where.SESSION_STORAGE,
        by_script=True,
        staff=True,
    ),
)

EXTRAS: tuple[Extra, ...] = (
    Extra(
        key="last_sign_in",
        kind=Kind.FUNCTIONALITY,
        name=_("Remembering how you sign in"),
        purpose=_("The sign-in page offers first what you used last: a password, a passkey, a code or your employer."),
        asks=False,
        items=(
            Item(name="last_sign_in", purpose=_("Remembers how you signed in, and not who you are."), lifetime=_YEAR),
        ),
    ),
    Extra(
        key="ga4",
        kind=Kind.PERFORMANCE,
        name="Google Analytics 4",
        purpose=_("Counts visits and the pages that are read, so that we know which of them help."),
        provider="Google Ireland Limited",
        policy_url="https://policies.google.com/privacy",
        setting="GA4_ID",
        script="https://www.googletagmanager.com/gtag/js?id={}",
        items=(
            Item(name="_ga", purpose=_VISITOR, lifetime=2 * _YEAR, by_script=True),
            Item(name="_ga_*", purpose=_VISIT, lifetime=2 * _YEAR, by_script=True),
        ),
        hosts={
            "script-src": ("https://www.googletagmanager.com",),
            "img-src": ("https://*.google-analytics.com", "https://www.googletagmanager.com"),
            "connect-src": (
                "https://*.google-analytics.com",
                "https://*.analytics.google.com",
                "https://www.googletagmanager.com",
            ),
        },
    ),
    Extra(
        key="gtm",
        kind=Kind.PERFORMANCE,
        name="Google Tag Manager",
        purpose=_("Loads measuring tags that we set up at Google. It keeps nothing in your browser itself."),
        provider="Google Ireland Limited",
        policy_url="https://policies.google.com/privacy",
        setting="GTM_ID",
        script="https://www.googletagmanager.com/gtm.js?id={}",
        items=(),
        hosts={
            "script-src": ("https://www.googletagmanager.com",),
            "img-src": ("https://www.googletagmanager.com",),
            "connect-src": ("https://www.googletagmanager.com",),
        },
    ),
    Extra(
        key="hotjar",
        kind=Kind.PERFORMANCE,
        name="Hotjar",
        purpose=_("Shows us where on a page people click and scroll, so that we see what is hard to find."),
        provider="Hotjar Limited",
        policy_url="https://www.hotjar.com/legal/policies/privacy/",
        setting="HOTJAR_ID",
        script="https://static.hotjar.com/c/hotjar-{}.js?sv=6",
        items=(
            Item(name="_hjSessionUser_*", purpose=_VISITOR, lifetime=_YEAR, by_script=True),
            Item(name="_hjSession_*", purpose=_VISIT, lifetime=timedelta(minutes=30), by_script=True),
            Item(
                name="_hjUserAttributesHash",
                purpose=_("Notices that something about the visit has changed."),
                lifetime=timedelta(minutes=2),
                by_script=True,
            ),
            Item(name="_hjHasCachedUserAttributes", purpose=_VISIT, by_script=True),
            Item(name="_hjTLDTest", purpose=_TRIES, by_script=True),
            Item(name="_hjCookieTest", purpose=_TRIES, by_script=True),
            Item(name="_hjUserAttributes", purpose=_VISIT, where=Where.LOCAL_STORAGE, by_script=True),
            Item(name="hjActiveViewportIds", purpose=_VISIT, where=Where.LOCAL_STORAGE, by_script=True),
            Item(name="hjViewportId", purpose=_VISIT, where=Where.SESSION_STORAGE, by_script=True),
        ),
        hosts={
            "script-src": ("https://static.hotjar.com", "https://script.hotjar.com"),
            "img-src": ("https://*.hotjar.com",),
            "connect-src": ("https://*.hotjar.com", "https://*.hotjar.io", "wss://*.hotjar.com"),
            "font-src": ("https://script.hotjar.com",),
        },
    ),
    Extra(
        key="amplitude",
        kind=Kind.PERFORMANCE,
        name="Amplitude",
        purpose=_("Counts which pages are read one after the other, so that we know where people give up."),
        provider="Amplitude, Inc.",
        policy_url="https://amplitude.com/privacy",
        setting="AMPLITUDE_KEY",
        script="https://cdn.eu.amplitude.com/script/{}.js",
        items=(
            Item(name="AMP_*", purpose=_VISITOR, lifetime=_YEAR, by_script=True),
            Item(name="AMP_unsent_*", purpose=_VISIT, where=Where.LOCAL_STORAGE, by_script=True),
        ),
        hosts={
            "script-src": ("https://cdn.eu.amplitude.com", "https://cdn.amplitude.com"),
            "connect-src": ("https://api.eu.amplitude.com", "https://sr-client-cfg.eu.amplitude.com"),
        },
    ),
)

# The pages that may be measured, by the names of their addresses: none on which somebody signs in, none about a
# customer's documents, and none with a secret in its address.
MEASURED = frozenset({"home", "pricing", "status", "legal", "legal_document", "api_docs", "cookies", "privacy"})

EXTRA = {extra.key: extra for extra in EXTRAS}
