"""Registers a member of the operator's staff, who can then sign in at `/staff/`."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.register_person import PersonExists, register_person
from accounts.rules.staff_roles import StaffRole
from kernel import clock
from kernel.actor import Actor


class Command(BaseCommand):
    help = "Register EMAIL as staff and print a first password, which is shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name", help="the person's full name")
        roles = [role.value for role in StaffRole]
        parser.add_argument(
            "--role", choices=roles, default=StaffRole.CHIEF.value, help="what they may do; all, if none is given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = secrets.token_urlsafe(18)
        try:
            register_person(
                actor=Actor.system("accounts.add_staff"),
                email=options["email"],
                name=options["name"],
                password=password,
                staff=True,
                role=StaffRole(options["role"]),
                now=clock.now(),
            )
        except PersonExists as error:
            raise CommandError(str(error.detail)) from error
        self.stdout.write(f"{options['email']} can sign in with the password {password} and should change it.")
