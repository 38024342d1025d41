"""What the pages about notices and the customer's mail server can be sent."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import MailServer
from accounts.rules.mail_servers import MAIL_PORTS
from accounts.rules.notices import mutable_topics

TOPIC_NAMES = {
    "api_token": _("API tokens: one ends soon"),
    "card": _("Cards: an invoice was charged"),
    "certificate": _("Certificates: a new one is ready"),
    "email_domain": _("Sign-in: an e-mail domain is confirmed"),
    "invoice": _("Invoices: one is issued, or due soon"),
    "payment": _("Payments: one was received"),
    "member": _("People: somebody has joined or left"),
    "usage": _("Usage: 80 and 100 % of the plan, and the amounts that were set"),
}


def topic_name(topic: str) -> str:
    """What the reader calls a topic."""
    return str(TOPIC_NAMES.get(topic, topic))


class PreferencesForm(forms.Form):
    """`topics` are those whose mail is wanted."""

    topics = forms.MultipleChoiceField(
        label=_("Mail me, too, about"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(topic, topic_name(topic)) for topic in mutable_topics()]
        cast(forms.ChoiceField, self.fields["topics"]).choices = choices

    def muted(self) -> set[str]:
        """The topics that were not chosen."""
        return set(mutable_topics()) - set(self.cleaned_data["topics"])


class MailServerForm(forms.Form):
    """A customer's own mail server; the password stays as it is when the field is left empty."""

    host = forms.CharField(
        label=_("Server"),
        max_length=253,
        help_text=_("Its full name on the public internet, such as smtp.example.com."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    tls = forms.ChoiceField(
        label=_("Encryption"),
        widget=forms.RadioSelect,
        choices=[
            (MailServer.Tls.STARTTLS, _("STARTTLS, usually at port 587")),
            (MailServer.Tls.TLS, _("TLS from the first byte, usually at port 465")),
        ],
        initial=MailServer.Tls.STARTTLS,
        help_text=_("Mail is never sent in the clear."),
    )
    port = forms.TypedChoiceField(
        label=_("Port"), coerce=int, choices=[(port, str(port)) for port in sorted(MAIL_PORTS)], initial=587
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    sender = forms.EmailField(
        label=_("Sender’s address"),
        max_length=254,
        help_text=_("Notices come from this address in your customer’s name. Answers and undeliverable mail go there."),
    )

    def __init__(self, *args: Any, known: MailServer | None, **options: Any) -> None:
        super().__init__(*args, **options)
        if known:
            for name in ("host", "tls", "port", "username", "sender"):
                self.fields[name].initial = getattr(known, name)
            self.fields["password"].help_text = _("Kept encrypted. Leave it empty to keep the one that is there.")
