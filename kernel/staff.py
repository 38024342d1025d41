"""The base of the staff admin: rows are read there, and changed by buttons that call an action with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from kernel.actor import Actor
from kernel.errors import Refusal


class ReadOnly(ModelAdmin):
    """Rows that only actions write."""

    show_full_result_count = False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The lists link to `ord_5F01…`, while what asks which buttons are due looks for the id itself."""
        plain = object_id and unquote(object_id)
        response: HttpResponse = super().changeform_view(request, plain, form_url, extra_context)
        return response

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReasonForm(forms.Form):
    """Why staff act."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("The customer reads it in the audit trail."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


def act_with_reason(
    admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    consequence: str,
    act: Callable[[Actor, dict[str, Any]], object],
    form_class: type[ReasonForm] = ReasonForm,
    shown: tuple[str, ...] = (),
) -> HttpResponse:
    """Ask for a reason, then `act` as this member of staff on what the form was given; a refusal is shown there.

    `consequence` says what will happen before the button is pressed; the fields that `shown` names begin with what the
    row holds. Afterwards back to the list.
    """
    subject = _subject(admin, request)
    initial = {name: getattr(subject, name) for name in shown}
    form = form_class(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        person, reason = request.user, form.cleaned_data["reason"]
        try:
            act(Actor.staff(person_id=str(person.pk), name=str(person), reason=reason), form.cleaned_data)
        except Refusal as refusal:
            for error in refusal.errors:
                name = error.pointer.strip("/")
                form.add_error(name if name in form.fields else None, error.detail)
            if not refusal.errors:
                form.add_error(None, str(refusal.detail))
        else:
            done = f"{title} ({subject})" if subject else title
            messages.success(request, _("Done: %(what)s.") % {"what": done})
            return redirect(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_changelist")
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "subject": subject,
        "consequence": consequence,
        "form": form,
    }
    return render(request, "admin/reason.html", context, status=422 if form.is_bound else 200)


def _subject(admin: ModelAdmin, request: HttpRequest) -> Model | None:
    """What the button was pressed on; nothing for the buttons above a list."""
    found = request.resolver_match
    return admin.get_object(request, found.kwargs["object_id"]) if found and "object_id" in found.kwargs else None
