"""SAML 2.0, the web browser profile: redirect to the provider, signed assertion posted back.

What the library leaves open is closed here: an assertion must name our audience, our address and the request that it
answers in its signed part, so that one which was stolen, or sent without being asked for, is worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from accounts.gateways.assertions import Assertion, AssertionRefused, heard
from kernel.errors import Refusal

_EMAIL = (
    "email",
    "mail",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
)
_NAME = (
    "displayName",
    "name",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
)


class MetadataRefused(Refusal):
    code = "saml_metadata_unfit"
    title = gettext_lazy("This is no metadata of a SAML provider with a sign-in address and a certificate.")


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A provider and our own addresses for it. `certificates` are base64 DER, without armour."""

    entity_id: str
    sign_in_url: str
    certificates: tuple[str, ...]
    our_entity_id: str
    our_address: str


def read_metadata(xml: str) -> tuple[str, str, tuple[str, ...]]:
    """Entity id, sign-in address (HTTP-Redirect, https) and signing certificates; raises `MetadataRefused`."""
    try:
        found = OneLogin_Saml2_IdPMetadataParser.parse(xml.strip().encode()).get("idp", {})
        multiple = found.get("x509certMulti", {}).get("signing", [])
        certificates = tuple(
            OneLogin_Saml2_Utils.format_cert(each, heads=False) for each in multiple or [found["x509cert"]]
        )
        entity_id, address = str(found["entityId"]), str(found["singleSignOnService"]["url"])
    except Exception as error:  # the library lets every error of the XML parser through
        raise MetadataRefused from error
    schemes = {"https", "http"} if django_settings.EGRESS_ALLOWED_NETWORKS else {"https"}  # as OpenID providers
    if urlsplit(address).scheme not in schemes or not all(certificates) or len(entity_id) > 500 or len(address) > 500:
        raise MetadataRefused
    return entity_id, address, certificates


def sign_in_request(provider: SamlProvider, *, again: bool) -> tuple[str, str]:
    """The address that the browser goes to, and the id of the request in it."""
    settings = _settings(provider)
    request = OneLogin_Saml2_Authn_Request(settings, force_authn=again, set_nameid_policy=False)
    address = OneLogin_Saml2_Utils.redirect(
        provider.sign_in_url, {"SAMLRequest": request.get_request()}, _request_to(provider)
    )
    return str(address), str(request.get_id())


def our_metadata(provider: SamlProvider) -> str:
    """Our own metadata, to be given to the provider."""
    described: bytes | str = _settings(provider).get_sp_metadata()
    return described.decode() if isinstance(described, bytes) else described


def read_response(provider: SamlProvider, response: str) -> Assertion:
    """What a posted response says. `answers` is the request named in its signed part, for the caller to compare.

    Raises `AssertionRefused`.
    """
    try:
        parsed = OneLogin_Saml2_Response(_settings(provider), response)
        parsed.is_valid(_request_to(provider), raise_exceptions=True)
        return _assertion(provider, parsed)
    except AssertionRefused:
        raise
    except (OneLogin_Saml2_ValidationError, OneLogin_Saml2_Error) as error:
        raise AssertionRefused(_("The provider’s answer does not hold: %(reason)s.") % {"reason": error}) from error
    except Exception as error:  # what is no XML at all fails in many ways
        raise AssertionRefused from error


def _assertion(provider: SamlProvider, parsed: Any) -> Assertion:
    confirmations = parsed._query_assertion("/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
    answers = {each.get("InResponseTo") for each in confirmations}
    recipients = {each.get("Recipient") for each in confirmations}
    in_time = all(each.get("NotOnOrAfter") for each in confirmations)
    if provider.our_entity_id not in parsed.get_audiences() or recipients != {provider.our_address} or not in_time:
        raise AssertionRefused(_("The provider’s answer is for another program."))
    if len(answers) != 1 or not all(answers) or answers != {parsed.get_in_response_to()}:
        raise AssertionRefused(_("The provider’s answer is not to a question of ours."))
    subject = str(parsed.get_nameid() or "")
    if parsed.get_nameid_format() == Constants.NAMEID_TRANSIENT:
        raise AssertionRefused(_("The provider names nobody for good: its NameID must be persistent."))
    told = parsed.get_attributes()
    return heard(
        subject=subject,
        email=_first(told, _EMAIL) or subject,
        name=_first(told, _NAME),
        methods=frozenset(str(each) for each in parsed.get_authn_contexts()),
        answers=answers.pop(),
        shown_at=_shown_at(parsed),
    )


def _shown_at(parsed: Any) -> float | None:
    instants = [each.get("AuthnInstant") for each in parsed._query_assertion("/saml:AuthnStatement")]
    return min((float(OneLogin_Saml2_Utils.parse_SAML_to_time(each)) for each in instants if each), default=None)


def _first(attributes: Any, names: tuple[str, ...]) -> str:
    return next((str(attributes[name][0]) for name in names if attributes.get(name)), "")


def _request_to(provider: SamlProvider) -> dict[str, str]:
    """Our own address as the library wants it: never what a Host header says."""
    parts = urlsplit(provider.our_address)
    https = "on" if parts.scheme == "https" else "off"
    return {"https": https, "http_host": parts.netloc, "script_name": parts.path, "request_uri": parts.path}


def _settings(provider: SamlProvider) -> OneLogin_Saml2_Settings:
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": provider.our_entity_id,
                "assertionConsumerService": {"url": provider.our_address, "binding": Constants.BINDING_HTTP_POST},
                "NameIDFormat": Constants.NAMEID_PERSISTENT,
            },
            "idp": {
                "entityId": provider.entity_id,
                "singleSignOnService": {"url": provider.sign_in_url, "binding": Constants.BINDING_HTTP_REDIRECT},
                "x509certMulti": {"signing": list(provider.certificates)},
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantAttributeStatement": False,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
                "allowSingleLabelDomains": True,
            },
        },
    )
