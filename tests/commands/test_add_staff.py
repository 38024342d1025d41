"""The first staff of a new installation."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client


def test_the_operator_adds_staff_who_can_sign_in_at_once(db: None) -> None:
    told = io.StringIO()
    call_command("add_staff", "ieva@example.org", "Ieva Operatorė", stdout=told)
    password = told.getvalue().split("password ")[1].split(" ")[0]
    staff = Client(HTTP_HOST="localhost")

    staff.post("/account/login/", {"login": "ieva@example.org", "password": password})

    assert staff.get("/staff/").status_code == 200
    with pytest.raises(CommandError):
        call_command("add_staff", "IEVA@example.org", "Somebody else")
