"""What somebody writes to become a customer (clauses B18, C1, C5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, cast

from babel import Locale
from babel.numbers import format_currency, format_decimal
from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.actions.sign_up import sign_up
from accounts.models import Application, Customer, LegalDocument, Person
from accounts.queries import actor_of_person
from accounts.rules import applications as rules
from accounts.rules.applications import Declaration, Particulars, declarations_needed, declared
from accounts.rules.documents import edition
from accounts.rules.names import is_plain_name
from kernel import clock

_HOME_COUNTRIES = ("LT", "LV", "EE")
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
OF_ENTITY = ("register_number", "vat_number", "position", "authority")
OF_PERSON = ("waiver",)


def offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """Let a field of the form choose among these."""
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


def _line(label: Any, *, most: int, complete: str, required: bool = False, **options: Any) -> forms.CharField:
    attrs = {"autocomplete": complete}
    return forms.CharField(
        label=label, max_length=most, required=required, widget=forms.TextInput(attrs=attrs), **options
    )


def _box(label: Any) -> forms.BooleanField:
    """A declaration, which nobody has ticked for the applicant."""
    return forms.BooleanField(label=label, error_messages={"required": _("Without this there is no account.")})


class AddressFields(forms.Form):
    """Where a customer sits; it stands on invoices."""

    street = _line(_("Street and number"), most=200, complete="street-address", required=True)
    postcode = _line(_("Postcode"), most=20, complete="postal-code")
    city = _line(_("City"), most=100, complete="address-level2", required=True)


class CustomerFields(AddressFields):
    """Who becomes a customer, on which plan, with which declarations.

    `plans` are lines of the price list, `documents` the legal documents in force. What belongs to the other kind of
    customer is ignored, so that it may be hidden without a script.
    """

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
        help_text=_("As it is registered, or your full name. It will stand in the certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(label=_("Country"), choices=country_choices)
    register_number = _line(_("Register number"), most=40, complete="off", required=True)
    vat_number = _line(_("VAT number"), most=40, complete="off", help_text=_("If it has one."))
    position = _line(
        _("Your position"),
        most=120,
        complete="organization-title",
        required=True,
        validators=[plain_name],
        help_text=_("In which you may act for it: director, holder of a power of attorney."),
    )
    plan = forms.ChoiceField(
        label=_("Plan"),
        widget=forms.RadioSelect,
        help_text=_("Prices are in euros, without VAT, and billed after the month."),
    )
    documents = _box(_("I accept these documents, for myself or as authorised by the customer."))
    authority = _box(_("I am authorised to act for this legal entity."))
    sanctions = _box(
        _(
            "Neither the customer nor anybody who owns or controls it is on a sanctions list of the European Union or "
            "the United Nations, and the service will not be used for anybody who is."
        )
    )
    waiver = _box(
        _(
            "I ask that the service begins at once, before the 14 days for withdrawing are over, and I agree that I "
            "lose the right to withdraw when it does."
        )
    )
    edition = forms.CharField(widget=forms.HiddenInput, required=False)

    field_order: Sequence[str] = (
        "kind",
        "customer_name",
        "country",
        "register_number",
        "vat_number",
        "street",
        "postcode",
        "city",
        "position",
        "plan",
        "documents",
        "authority",
        "sanctions",
        "waiver",
    )

    def __init__(
        self, *args: Any, plans: Sequence[PlanPrice], documents: Sequence[LegalDocument], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        offer(self, "plan", [(plan.code, plan_words(plan)) for plan in plans if not plan.individual])
        self.offered = documents
        self.fields["edition"].initial = edition(documents)
        if self.is_bound:
            for name in self._ignored():
                self.fields[name].required = False

    def _ignored(self) -> tuple[str, ...]:
        """What is not asked of this kind of customer; of an unknown kind nothing special is asked."""
        of_others = {Customer.Kind.LEGAL_ENTITY.value: OF_PERSON, Customer.Kind.NATURAL_PERSON.value: OF_ENTITY}
        return of_others.get(self.data.get(self.add_prefix("kind"), ""), (*OF_ENTITY, *OF_PERSON))

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self._ignored():
            self.errors.pop(name, None)
            asked[name] = ""
        for name, keep in (("register_number", rules.register_number), ("vat_number", rules.vat_number)):
            if asked.get(name) and "country" in asked:
                self._keep(name, keep(asked["country"], asked[name]))
        if asked.get("edition") not in {"", edition(self.offered)}:
            changed = _("A legal document has changed since you opened this page. Please read it and accept again.")
            self.add_error("documents", changed)
            self._show_again()
        return asked

    def _show_again(self) -> None:
        """What is in force now is to be read, and its box to be ticked anew."""
        sent = dict(self.data.items())
        sent[self.add_prefix("edition")] = edition(self.offered)
        sent.pop(self.add_prefix("documents"), None)
        self.data = sent

    def _keep(self, name: str, number: str | None) -> None:
        if number is None:
            self.add_error(name, _("There is no such number in this country. Compare it with the register."))
        else:
            self.cleaned_data[name] = number

    def apply(self, person: Person) -> Application:
        """Record the application of `person`."""
        asked, now = self.cleaned_data, clock.now()
        return sign_up(
            actor=actor_of_person(person),
            name=asked["customer_name"].strip(),
            kind=asked["kind"],
            country=asked["country"],
            plan_code=asked["plan"],
            particulars=Particulars(**{field.name: asked[field.name] for field in fields(Particulars)}),
            position=asked["position"].strip(),
            declarations=[
                self._declared(key, now)
                for key in sorted(declarations_needed(legal_entity=asked["kind"] == Customer.Kind.LEGAL_ENTITY))
            ],
            edition_read=asked["edition"] or None,
            language=get_language() or "en",
            now=now,
        )

    def _declared(self, key: Declaration, now: datetime) -> rules.Declared:
        """What was agreed to, as it stood beside the box in the reader's language."""
        text = str(self.fields[key].label)
        if key is Declaration.DOCUMENTS:
            text = f"{text} {_listed(self.offered)}"
        return declared(key, text=text, language=get_language() or "en", now=now)


def _listed(documents: Sequence[LegalDocument]) -> str:
    """The documents and their versions, as the page lists them above the box."""
    return ", ".join(f"{each.get_kind_display()} ({each.version})" for each in documents)
