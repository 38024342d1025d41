"""What staff fill in when a certificate is ordered by hand."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from kernel.staff import ReasonForm
from trust.gateways.hsm import KEY_ALGORITHMS


class _Line(forms.CharField):
    """One line of text in the staff admin's look."""

    widget = UnfoldAdminTextInputWidget


class OwnReasonForm(ReasonForm):
    """Why staff do something that is no customer's."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("It is kept in the audit trail."),
    )


class CertificateRequestForm(ReasonForm):
    """The name that will stand in the certificate (ETSI EN 319 412-3), and its key."""

    customer = _Line(label=_("Customer id"), max_length=40)
    mode = forms.ChoiceField(
        label=_("Mode"), choices=[("live", _("Live")), ("test", _("Test"))], widget=UnfoldAdminSelectWidget()
    )
    common_name = _Line(label=_("Name of the seal"), max_length=64)
    organization = _Line(label=_("Legal name"), max_length=64)
    organization_identifier = _Line(
        label=_("Identifier of the entity"), help_text=_("Like NTRLT-302345678 or VATLT-123456789."), max_length=64
    )
    country = _Line(label=_("Country code"), min_length=2, max_length=2)
    key_algorithm = forms.ChoiceField(
        label=_("Key"), choices=[(name, name) for name in KEY_ALGORITHMS], widget=UnfoldAdminSelectWidget()
    )


class CertificateImportForm(ReasonForm):
    """The issued certificate, with its chain if the authority sent one."""

    certificate = forms.CharField(
        label=_("Certificate"),
        help_text=_("PEM: the certificate, then its issuers."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
    )
