"""What the pages about signing in through a customer's identity provider can be sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.actions.configure_provider import ProviderSettings
from accounts.forms import ROLE_NAMES
from accounts.forms.applications import plain_name
from accounts.models import IdentityProvider
from accounts.rules.sign_in import PROVIDED_ROLES, SignInRules

KINDS = {
    IdentityProvider.Kind.OIDC.value: _("OpenID Connect (Microsoft Entra ID, Google, Keycloak and others)"),
    IdentityProvider.Kind.SAML.value: _("SAML 2.0"),
}


class ProviderSearchForm(forms.Form):
    """The address whose domain says where somebody signs in."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class SignInRulesForm(forms.Form):
    """The rules; what needs a provider is offered only where one is switched on."""

    second_step = forms.BooleanField(
        label=_("Everybody needs a second step: an authenticator app or a passkey"),
        required=False,
        help_text=_("Who has none is led to set one up before anything else opens."),
    )
    provider_required = forms.BooleanField(
        label=_("Sign in through the identity provider only"),
        required=False,
        help_text=_("Owners can still come in with their own sign-in, so that you are never locked out."),
    )
    provider_second_step = forms.BooleanField(
        label=_("The identity provider must tell us of a second step"),
        required=False,
        help_text=_("By the claim amr, or SAML’s AuthnContext. Without this tick it is the provider’s own matter."),
    )
    email_domains = forms.CharField(
        label=_("Invitations may go to these domains only"),
        required=False,
        max_length=2000,
        help_text=_(
            "Separated by spaces, such as: example.com example.lt. Empty: to any address. Invitations that were sent "
            "elsewhere before work no longer."
        ),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, rules: SignInRules, **options: Any) -> None:
        shown = {**rules.to_store(), "email_domains": " ".join(rules.email_domains)}
        super().__init__(*args, **{"initial": shown, **options})
        if not rules.provider:
            del self.fields["provider_required"], self.fields["provider_second_step"]

    def asked(self) -> dict[str, Any]:
        """The arguments of the action."""
        given = self.cleaned_data
        return {
            "second_step": given["second_step"],
            "provider_required": given.get("provider_required", False),
            "provider_second_step": given.get("provider_second_step", False),
            "email_domains": given["email_domains"].replace(",", " ").split(),
        }


class ProviderForm(forms.Form):
    """A provider of one kind; only the fields of that kind are there."""

    name = forms.CharField(
        label=_("What your people call it"),
        max_length=80,
        validators=[plain_name],
        help_text=_("It stands on the button to sign in."),
    )
    issuer = forms.URLField(
        label=_("Issuer"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("For Entra ID: https://login.microsoftonline.com/ and your directory ID, then /v2.0"),
    )
    client_id = forms.CharField(label=_("Client ID"), required=False, max_length=200)
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=500,
        help_text=_("Empty: the one we have stays, unless you change the issuer."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    metadata = forms.CharField(
        label=_("Metadata of the provider (XML)"),
        required=False,
        max_length=200_000,
        help_text=_("Empty: what we have stays."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    creates_members = forms.BooleanField(
        label=_("Who signs in there for the first time becomes a member"),
        required=False,
        help_text=_("Only people with addresses in your proven domains. Without this tick you invite them first."),
    )
    default_role = forms.ChoiceField(
        label=_("Role of new members"),
        choices=[(role.value, ROLE_NAMES[role]) for role in PROVIDED_ROLES],
        help_text=_("Administrators and owners are appointed on the page People."),
    )
    enabled = forms.BooleanField(label=_("Switched on"), required=False)

    def __init__(self, *args: Any, kind: str, provider: IdentityProvider | None, **options: Any) -> None:
        known = ("name", "issuer", "client_id", "creates_members", "default_role", "enabled")
        shown = {name: getattr(provider, name) for name in known} if provider else {}
        super().__init__(*args, **{"initial": shown, **options})
        self.kind = kind
        saml = kind == IdentityProvider.Kind.SAML
        for name in ("issuer", "client_id", "secret") if saml else ("metadata",):
            del self.fields[name]
        if provider is None:
            del self.fields["enabled"]
            for name in self.fields.keys() & {"secret", "metadata"}:
                self.fields[name].help_text = ""  # there is none yet that could stay

    def asked(self) -> ProviderSettings:
        """What was asked for, as the action takes it."""
        return ProviderSettings(**{"enabled": False, **self.cleaned_data, "kind": self.kind})


class DomainForm(forms.Form):
    """A domain that the customer says is its own."""

    name = forms.CharField(
        label=_("Domain"),
        max_length=253,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none", "placeholder": "example.com"}),
    )
