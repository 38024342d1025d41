"""Webhooks, their delivery logs and the events that they are fed with."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actions.change_webhook import change_webhook
from accounts.actions.create_webhook import create_webhook
from accounts.actions.delete_webhook import delete_webhook
from accounts.actions.disable_webhook import disable_webhook
from accounts.actions.enable_webhook import enable_webhook
from accounts.actions.replay_delivery import replay_delivery
from accounts.actions.replay_failed_deliveries import replay_failed_deliveries
from accounts.actions.rotate_webhook_keys import rotate_webhook_keys
from accounts.actions.try_webhook import try_webhook
from accounts.api.throttling import take_one
from accounts.forms.webhooks import SinceForm, WebhookForm
from accounts.models import Webhook
from accounts.queries.events import newest
from accounts.queries.webhooks import deliveries_of, delivery_of, secret_of, undelivered, webhook_of, webhooks_of
from accounts.rules.allowances import TESTS_PER_MINUTE
from accounts.rules.events import PUBLIC
from accounts.views._steps import actor_of, confirm_first, show
from kernel import clock
from kernel.api import decode_cursor, encode_cursor
from kernel.errors import Forbidden, NotFound, Refusal

_STATES = ("pending", "sending", "delivered", "failed")


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """What happened, the newest first."""
    actor, types = actor_of(request), [each for each in request.GET.getlist("type") if each in PUBLIC]
    page = newest(actor, types=types, before=_clean(request.GET.get("cursor", "")))
    context = {"page": page, "next_cursor": page.next, "types": sorted(PUBLIC), "chosen": types}
    return render(request, "accounts/events.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """The customer's webhooks; posting adds one."""
    now, actor = clock.now(), actor_of(request)
    actor.require("webhook.manage")
    if request.method != "POST":
        return _list(request, WebhookForm(first=True))
    if answer := _confirm_first(request, now):
        return answer
    form = WebhookForm(request.POST, first=True)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            webhook, keys = create_webhook(
                actor=actor,
                url=asked["url"],
                description=asked["description"],
                types=asked["types"],
                live=asked["mode"] == "live",
                now=now,
            )
        except Refusal as refusal:
            show(refusal, form)
        else:
            return _detail(request, webhook, now, secret=keys.secret, status=201)
    return _list(request, form, status=422)


def _list(request: HttpRequest, form: WebhookForm, *, status: int = 200) -> HttpResponse:
    context = {"webhooks": webhooks_of(actor_of(request)), "form": form}
    return render(request, "accounts/webhooks.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """One webhook and its log; every button posts its name as `action`."""
    now, actor = clock.now(), actor_of(request)
    found = webhook_of(actor, _clean(webhook_id))
    if request.method != "POST":
        return _detail(request, found, now)
    try:
        return _act(request, found, now)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("webhook", webhook_id=found.id)


@sensitive_variables("keys")
def _act(request: HttpRequest, found: Webhook, now: datetime) -> HttpResponse:
    actor, action = actor_of(request), request.POST.get("action", "")
    if action in {"secret", "rotate"}:
        if answer := _confirm_first(request, now):
            return answer
        if action == "rotate":
            found, keys = rotate_webhook_keys(actor=actor, webhook_id=found.id, now=now)
        else:
            keys = secret_of(actor, found.id, now=now)
        return _detail(request, found, now, secret=keys.secret)
    if action == "change":
        return confirm_first(request, now) or _change(request, found, now)
    if action == "test":
        return _test(request, found, now)
    if action == "delete":
        delete_webhook(actor=actor, webhook_id=found.id, confirmed_url=request.POST.get("confirmed", ""), now=now)
        messages.success(request, _("The webhook is deleted. Nothing is sent to it any more."))
        return redirect("webhooks")
    if action == "replay_failed":
        return _replay_failed(request, found, now)
    if action not in {"enable", "disable"}:
        raise NotFound
    switch = enable_webhook if action == "enable" else disable_webhook
    switch(actor=actor, webhook_id=found.id, now=now)
    return redirect("webhook", webhook_id=found.id)


def _change(request: HttpRequest, found: Webhook, now: datetime) -> HttpResponse:
    form = WebhookForm(request.POST, first=False)
    if form.is_valid():
        try:
            change_webhook(actor=actor_of(request), webhook_id=found.id, **form.cleaned_data, now=now)
        except Refusal as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The webhook is changed."))
            return redirect("webhook", webhook_id=found.id)
    return _detail(request, found, now, form=form, status=422)


def _test(request: HttpRequest, found: Webhook, now: datetime) -> HttpResponse:
    left = take_one(f"webhook-tests:{found.customer_id}", limit=TESTS_PER_MINUTE, now=now)
    if left is not None and left.exceeded:
        messages.error(request, _("That was many tests; the next can be sent in a minute."))
        return redirect("webhook", webhook_id=found.id)
    delivery = try_webhook(actor=actor_of(request), webhook_id=found.id, now=now)
    return _detail(request, found, now, tested=delivery.id)


def _replay_failed(request: HttpRequest, found: Webhook, now: datetime) -> HttpResponse:
    form = SinceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose since when."))
        return redirect("webhook", webhook_id=found.id)
    count = replay_failed_deliveries(
        actor=actor_of(request), webhook_id=found.id, since=form.cleaned_data["since"], now=now
    )
    messages.success(request, _("Messages that are sent again: %(count)d.") % {"count": count})
    return redirect("webhook", webhook_id=found.id)


def _detail(
    request: HttpRequest,
    found: Webhook,
    now: datetime,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
    tested: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, state = actor_of(request), request.GET.get("state", "")
    cursor = request.GET.get("cursor", "")
    before = decode_cursor(cursor) if cursor else ""
    chosen = [state] if state in _STATES else []
    rows, following = deliveries_of(actor, found.id, states=chosen, before=before)
    initial = {"url": found.url, "description": found.description, "types": found.types}
    context = {
        "webhook": found,
        "form": form or WebhookForm(initial=initial, first=False),
        "since": SinceForm(initial={"since": found.failing_since or found.created_at}),
        "secret": secret,
        "tested": delivery_of(actor, found.id, tested) if tested else None,
        "deliveries": rows,
        "next_cursor": following and encode_cursor(following),
        "state": state,
        "waiting": undelivered(found.id),
        "former_until": found.former_until if found.former_until and found.former_until > now else None,
    }
    return render(request, "accounts/webhook.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delivery(request: HttpRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    """One message with everything that was sent and answered; posting sends it again."""
    actor, now = actor_of(request), clock.now()
    found = delivery_of(actor, _clean(webhook_id), _clean(delivery_id))
    if request.method == "POST":
        try:
            replay_delivery(actor=actor, webhook_id=webhook_id, delivery_id=delivery_id, now=now)
        except (NotFound, Forbidden):
            raise
        except Refusal as refusal:
            messages.error(request, str(refusal.detail))
        else:
            messages.success(request, _("The message is on its way again."))
        return redirect(request.path)
    return render(request, "accounts/webhook_delivery.html", {"delivery": found, "webhook": found.webhook})


def _clean(value: str) -> str:
    """PostgreSQL can hold no text with a NUL, so there is nothing by such an id."""
    if "\0" in value:
        raise NotFound
    return value


def _confirm_first(request: HttpRequest, now: datetime) -> HttpResponse | None:
    return confirm_first(request, now, saying=_("Please confirm that it is you before a secret is shown."))
