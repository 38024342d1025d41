"""Invites everybody on a list who can be invited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.actions._invitations import send
from accounts.actions._standing import as_they_stand
from accounts.models import Invitation, Membership
from accounts.queries.invitations import judge_lines
from accounts.rules.invitation_lists import Line, Verdict
from kernel.actor import Actor


def invite_members(*, actor: Actor, lines: Sequence[Line], now: datetime) -> list[Invitation]:
    """The new invitations: all lines that can be invited now, in one transaction, or none (clause C2).

    Who is a member or invited already is left out, so that a list that is sent twice invites once. Raises `Forbidden`
    without `member.manage`.
    """
    actor.require("member.manage")
    with transaction.atomic():
        Membership.objects.held(actor.customer)
        actor = as_they_stand(actor)
        judged = judge_lines(actor, lines, now=now)
        return [send(actor, each.email, each.role, now) for each in judged if each.verdict is Verdict.OK and each.role]
