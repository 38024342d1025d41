"""Sentences of Django's own that it cannot say in all of our languages: our catalogues do, because they are here."""

from django.utils.translation import gettext_noop, ngettext_lazy

BORROWED = (
    gettext_noop("Your password can’t be a commonly used password."),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)
