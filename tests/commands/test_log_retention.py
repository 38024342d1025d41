"""What the operator's tools are told about logs is what the privacy page promises (D5)."""

from __future__ import annotations

import os
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from privacy.catalogue import RULE
from privacy.gateways.folders import logs, rotate_logs


def told(*words: str) -> list[str]:
    out = StringIO()
    call_command("log_retention", *words, stdout=out)
    return [line.strip() for line in out.getvalue().splitlines()]


def test_the_snippets_keep_no_line_longer_than_the_rule() -> None:
    assert RULE["activity"].period.days == 90
    lines = told("/var/log/sealport/*.log")
    assert lines[0] == "/var/log/sealport/*.log {"
    assert {"daily", "rotate 89", "maxage 89", "copytruncate"} <= set(lines)
    assert told("--journald") == ["[Journal]", "MaxFileSec=1day", "MaxRetentionSec=89day"]


def test_logs_are_put_aside_once_a_day_under_the_day_before(tmp_path: Path, settings: Any) -> None:
    settings.LOG_DIR = tmp_path / "none"
    assert rotate_logs(date(2026, 11, 28)) == 0
    settings.LOG_DIR = tmp_path
    web = tmp_path / "web.log"
    web.write_text("one\n")
    (tmp_path / "empty.log").touch()
    (tmp_path / "link.log").symlink_to(web)
    writer = web.open("a")
    assert [rotate_logs(date(2026, 11, 28)) for _n in range(2)] == [1, 0]
    writer.write("two\n")
    writer.close()
    assert (tmp_path / "web.log.2026-11-27").read_text() == "one\n"
    assert web.read_text() == "two\n"
    assert rotate_logs(date(2026, 11, 29)) == 1
    os.utime(tmp_path / "web.log.2026-11-27", (0, 0))
    assert sorted(at.date() for _path, at in logs()) == [date(2026, 11, 27), date(2026, 11, 28)]
