"""What staff say about payments."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from binascii import Error
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.gateways.camt import MAX_BYTES
from kernel.staff import ReasonForm


class AssignForm(ReasonForm):
    """Whose a payment is, and what it settles."""

    customer = forms.CharField(
        label=_("Customer"),
        max_length=80,
        help_text=_("Its address in the portal, such as acme, or its id."),
        widget=UnfoldAdminTextInputWidget(),
    )
    invoices = forms.CharField(
        label=_("Invoices"),
        max_length=500,
        required=False,
        help_text=_("Their numbers. What they leave, or all of it when none is named, becomes the customer’s credit."),
        widget=UnfoldAdminTextInputWidget(),
    )


class AllocateForm(ReasonForm):
    """Which invoice what is left of a payment settles."""

    number = forms.CharField(label=_("Invoice"), max_length=30, widget=UnfoldAdminTextInputWidget())


class ReturnForm(ReasonForm):
    """Which receipt was taken back."""

    payment = forms.CharField(
        label=_("Id of the payment that was taken back"), max_length=40, widget=UnfoldAdminTextInputWidget()
    )


class RefundForm(ReasonForm):
    """What was transferred back to whom."""

    customer = forms.CharField(label=_("Customer"), max_length=80, widget=UnfoldAdminTextInputWidget())
    amount = forms.DecimalField(
        label=_("Amount, EUR"), decimal_places=2, max_digits=12, widget=UnfoldAdminTextInputWidget()
    )


class StatementForm(forms.Form):
    """A statement, chosen as a file; from the preview it comes back packed, so that it is chosen once."""

    file = forms.FileField(label=_("Statement (camt.053)"), required=False)
    packed = forms.CharField(required=False, widget=forms.HiddenInput)
    file_name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if file := given.get("file"):
            given["content"], given["file_name"] = file.read(MAX_BYTES + 1), file.name
        elif given.get("packed"):
            given["content"] = self._unpacked(given["packed"])
        else:
            self.add_error("file", _("Choose the file."))
        return given

    def _unpacked(self, packed: str) -> bytes:
        """At most one byte more than is read, whatever was packed."""
        try:
            return zlib.decompressobj().decompress(b64decode(packed, validate=True), MAX_BYTES + 1)
        except (Error, zlib.error) as error:
            raise forms.ValidationError(_("Choose the file again.")) from error


def packed(content: bytes) -> str:
    """A file as text that a form can hold."""
    return b64encode(zlib.compress(content, 9)).decode()
