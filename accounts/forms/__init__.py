"""What the pages about people, tokens and signing up can be sent."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.create_api_token import LIFETIME_DAYS
from accounts.forms.applications import CustomerFields, PlanPrice, offer, plain_name
from accounts.models import Person
from accounts.queries import actor_of_person
from accounts.rules.permissions import TOKEN_SCOPES, Role
from kernel import clock

__all__ = ["ROLE_NAMES", "ApiTokenForm", "CustomerFields", "InviteForm", "JoinForm", "PlanPrice", "SignUpForm"]

ROLE_NAMES = {
    Role.OWNER: _("Owner"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.BILLING: _("Billing"),
    Role.DEVELOPER: _("Developer"),
    Role.MEMBER: _("Member"),
    Role.AUDITOR: _("Auditor"),
}
_SCOPE_NAMES = {
    "seal.create": _("Seal documents"),
    "seal.read": _("Read its own seals"),
    "seal.read_all": _("Read every seal"),
    "usage.read": _("Read usage"),
    "billing.read": _("Read invoices and costs"),
    "certificate.read": _("Read certificates"),
    "member.read": _("Read who the members are"),
    "member.manage": _("Invite, suspend and end members"),
    "member.provision": _("Provision members (SCIM)"),
    "webhook.manage": _("Manage webhooks"),
    "event.read": _("Read events"),
    "audit.read": _("Read the audit trail"),
}


class _PersonForm(SignupForm):
    """Makes a person. That an address is known already shows neither in the answer nor in how long it takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs.pop("placeholder", None)  # it only repeats the label

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def save(self, request: HttpRequest) -> Person:
        with transaction.atomic():
            return super().save(request)


class SignUpForm(CustomerFields, _PersonForm):
    """A person and the customer it opens."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[plain_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = [*CustomerFields.field_order[:-5], "name", "email", "password1", *CustomerFields.field_order[-5:]]

    def signup(self, request: HttpRequest, user: Person) -> None:
        self.apply(user)


class JoinForm(_PersonForm):
    """A person who was invited; the address is the invitation's, and its link has confirmed it."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[plain_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["email", "name", "password1"]

    def __init__(self, *args: Any, secret: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.secret = secret
        self.fields["email"].disabled = True

    def save(self, request: HttpRequest) -> Person:
        get_adapter().stash_verified_email(request, self.cleaned_data["email"])
        with transaction.atomic():
            person: Person = super().save(request)
            accept_invitation(actor=actor_of_person(person), secret=self.secret, now=clock.now())
        return person


class InviteForm(forms.Form):
    """`owner` says whether owners may be invited too."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), initial=Role.MEMBER)

    def __init__(self, *args: Any, owner: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.roles = [(r.value, str(name)) for r, name in ROLE_NAMES.items() if owner or r != Role.OWNER]
        offer(self, "role", self.roles)


class NetworksField(forms.CharField):
    """Networks with commas or line breaks between; which can be read is the action's to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=1000,
            help_text=_("Networks like 198.51.100.0/24, with commas between. None means from everywhere."),
            **options,
        )

    def clean(self, value: Any) -> list[str]:
        return str(super().clean(value)).replace(",", " ").split()


class LimitTokenForm(forms.Form):
    networks = NetworksField(label=_("From where"), required=False)


class RotateTokenForm(forms.Form):
    overlap_days = forms.TypedChoiceField(
        label=_("The secret of today"),
        coerce=int,
        choices=[(0, _("stops at once")), (1, _("works for one more day")), (7, _("works for seven more days"))],
        initial=1,
    )


class ApiTokenForm(forms.Form):
    """`scopes` offers what the maker may pass on."""

    name = forms.CharField(
        label=_("Name"), max_length=80, validators=[plain_name], help_text=_("The program or machine that will use it.")
    )
    mode = forms.ChoiceField(
        label=_("Mode"),
        widget=forms.RadioSelect,
        choices=[("test", _("Test: seals with a test certificate, never billed")), ("live", _("Live: real seals"))],
        initial="test",
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    lifetime_days = forms.TypedChoiceField(
        label=_("Expires"),
        coerce=int,
        choices=[(30, _("After 30 days")), (90, _("After 90 days")), (LIFETIME_DAYS, _("After a year"))],
        initial=LIFETIME_DAYS,
    )
    networks = NetworksField(label=_("From where"), required=False)

    def __init__(self, *args: Any, permissions: frozenset[str], **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [scope for scope in _SCOPE_NAMES if scope in permissions & TOKEN_SCOPES]
        offer(self, "scopes", [(scope, str(_SCOPE_NAMES[scope])) for scope in offered])
        self.fields["scopes"].initial = [scope for scope in offered if scope in {"seal.create", "seal.read"}]
