"""What the pages about people, tokens and signing up can be sent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol, cast

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from babel import Locale
from babel.numbers import format_currency, format_decimal
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.create_api_token import LIFETIME_DAYS
from accounts.actions.sign_up import sign_up
from accounts.models import Application, Customer, Person
from accounts.queries import actor_of_person
from accounts.rules.names import is_plain_name
from accounts.rules.permissions import TOKEN_SCOPES, Role
from kernel import clock

_ROLE_NAMES = {
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
    "certificate.read": _("Read certificates"),
    "member.read": _("Read who the members are"),
    "member.manage": _("Invite, suspend and end members"),
    "webhook.manage": _("Manage webhooks"),
    "event.read": _("Read events"),
    "audit.read": _("Read the audit trail"),
}
_HOME_COUNTRIES = ("LT", "LV", "EE")
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def _offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = choices


def plain_name(value: str) -> None:
    """Validator of names that we print in mails."""
    if not is_plain_name(value):
        raise forms.ValidationError(_("Write a name, without web addresses."), code="not_a_name")


def country_choices() -> list[tuple[str, str]]:
    """Countries by ISO 3166 code, named in the reader's language, the nearest first."""
    names = Locale.parse(_locale()).territories
    countries = {code: name for code, name in names.items() if code.isalpha() and code not in _NO_COUNTRIES}
    near = [(code, countries.pop(code)) for code in _HOME_COUNTRIES]
    return near + sorted(countries.items(), key=lambda country: country[1])


class PlanPrice(Protocol):
    """What is read of a line of the price list, which the app above keeps; EUR without VAT."""

    code: str
    name: str
    individual: bool
    included: int | None
    monthly_fee: Decimal | None


def plan_words(plan: PlanPrice) -> str:
    """A plan in one line, in the reader's language."""
    fee = format_currency(plan.monthly_fee or 0, "EUR", locale=_locale())
    return gettext("%(name)s: %(included)s seals a month for %(fee)s") % {
        "name": plan.name,
        "included": format_decimal(plan.included or 0, locale=_locale()),
        "fee": fee,
    }


def _locale() -> str:
    return (get_language() or "en").replace("-", "_")


class CustomerFields(forms.Form):
    """Who becomes a customer, and on which plan (clauses C1, C5). `plans` are lines of the price list."""

    kind = forms.ChoiceField(
        label=_("Who will be the customer?"),
        widget=forms.RadioSelect,
        choices=[
            (Customer.Kind.LEGAL_ENTITY, _("A company or another legal entity")),
            (Customer.Kind.NATURAL_PERSON, _("Myself, a natural person")),
        ],
        initial=Customer.Kind.LEGAL_ENTITY,
    )
    customer_name = forms.CharField(
        label=_("Name of the customer"),
        max_length=200,
        validators=[plain_name],
        help_text=_("As it is registered. It will stand in the certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(label=_("Country"), choices=country_choices)
    plan = forms.ChoiceField(label=_("Plan"), widget=forms.RadioSelect)
    terms = forms.BooleanField(
        label=_("I accept the terms of service, for myself or as authorised by the customer."),
        error_messages={"required": _("Without the terms there is no account.")},
    )

    def __init__(self, *args: Any, plans: Sequence[PlanPrice], **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(plan.code, plan_words(plan)) for plan in plans if not plan.individual]
        _offer(self, "plan", offered)

    def apply(self, person: Person) -> Application:
        """Record the application of `person`."""
        asked = self.cleaned_data
        return sign_up(
            actor=actor_of_person(person),
            name=asked["customer_name"].strip(),
            kind=asked["kind"],
            country=asked["country"],
            plan_code=asked["plan"],
            now=clock.now(),
        )


class _PersonForm(SignupForm):
    """Makes a person. That an address is known already shows neither in the answer nor in how long it takes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail address")

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
    field_order = ["kind", "customer_name", "country", "name", "email", "password1", "plan", "terms"]

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
        self.roles = [(r.value, str(name)) for r, name in _ROLE_NAMES.items() if owner or r != Role.OWNER]
        _offer(self, "role", self.roles)


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
        _offer(self, "scopes", [(scope, str(_SCOPE_NAMES[scope])) for scope in offered])
        self.fields["scopes"].initial = [scope for scope in offered if scope in {"seal.create", "seal.read"}]
