"""Tells whether this installation can do its job, part by part, by really doing it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.core.management.base import BaseCommand
from django.db import connection

from kernel import clock
from kernel.ids import new_id
from kernel.tenancy.owner import may_change_history, may_make_schemas
from portal.invariants import broken_invariants
from portal.production import production_faults
from privacy.queries.ledger_health import ledger_health
from sealing.actions.try_seal import try_seal
from trust.queries.pool import timestamp_authorities
from trust.queries.trusted_lists import ListHealth, trusted_lists


class Command(BaseCommand):
    help = "Check every part this installation needs, and seal and verify a sample. Exit 0 only if all is well."

    def handle(self, *args: Any, **options: Any) -> None:
        checks: dict[str, Callable[[], str]] = {
            "settings": _settings,
            "database": _database,
            "history": _history,
            "redis": _redis,
            "storage": _storage,
            "erasure ledger": _erasure_ledger,
            "timestamps": _timestamps,
            "trusted lists": _trusted_lists,
            "seal": _seal,
            "invariants": _invariants,
        }
        failed = [name for name, check in checks.items() if not self._report(name, check)]
        if failed:
            raise SystemExit(1)

    def _report(self, name: str, check: Callable[[], str]) -> bool:
        try:
            self.stdout.write(f"ok      {name}: {check()}")
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a part is its diagnosis
            reason = getattr(error, "detail", None) or str(error) or type(error).__name__
            self.stdout.write(f"FAILED  {name}: {reason}")
            return False
        return True


def _settings() -> str:
    faults = production_faults(vars(settings._wrapped))  # the plain module values, as at start
    if settings.PRODUCTION and faults:
        raise RuntimeError(" ".join(faults))
    return settings.ENVIRONMENT + (f", not fit for production: {len(faults)} settings" if faults else "")


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), abs(extract(epoch FROM clock_timestamp() - %s))", [clock.now()]
        )
        version, skew = cursor.fetchone()
    if skew > 1:
        raise RuntimeError(f"this machine's clock and the database's differ by {skew:.1f} s")
    if not may_make_schemas():
        raise RuntimeError("the application's role may make no schema, so no customer can be opened: run migrate_all")
    return f"PostgreSQL {version}"


def _history() -> str:
    if not may_change_history():
        return "the application's role cannot change the audit trail"
    if settings.PRODUCTION:
        raise RuntimeError("the application's role can change the audit trail; give the tables to DATABASE_OWNER_URL")
    return "the application's role could change the audit trail; not so in production"


def _redis() -> str:
    server = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    policy = server.config_get("maxmemory-policy")["maxmemory-policy"]
    if policy != "noeviction":
        raise RuntimeError(f"maxmemory-policy is {policy}; with anything but noeviction Redis drops whole queues")
    return str(server.info("server")["redis_version"])


def _storage() -> str:
    name = default_storage.save(f"doctor/{new_id('obj')}", io.BytesIO(b"written by doctor"))
    with default_storage.open(name) as file:
        same = file.read() == b"written by doctor"
    default_storage.delete(name)
    if not same:
        raise RuntimeError("what was read is not what was written")
    return type(storages["default"]).__name__


def _erasure_ledger() -> str:
    found = ledger_health()
    if found.unknown:
        raise RuntimeError(f"{found.unknown} erasures are not in the database: restored? run manage.py replay_erasures")
    if found.unkept:
        raise RuntimeError(f"{found.unkept} erasures are in the database and not in {settings.ERASURE_LEDGER_DIR}")
    return f"{found.entries} entries, the same inside the database and outside"


def _timestamps() -> str:
    pool = timestamp_authorities(now=clock.now())
    live = [one for one in pool if one.live]
    if live and all(one.out == "used_up" for one in live):
        raise RuntimeError("the quota of every authority is used up")
    return ", ".join(authority.name for authority in pool) or "none asked yet"


def _trusted_lists() -> str:
    if not settings.TRUSTED_LISTS_URL:
        return "none are kept, so nothing is said about what is qualified"
    lists = trusted_lists(now=clock.now())
    if not lists:
        raise RuntimeError("none received yet; the scheduler and a worker must run")
    if old := [one for one in lists if one.too_old]:
        raise RuntimeError("; ".join(_why_too_old(one) for one in old))
    first = min(one.next_update_at for one in lists if one.next_update_at)
    return f"{len(lists)} lists, the first to end on {first:%Y-%m-%d}"


def _why_too_old(one: ListHealth) -> str:
    ended = f"ended on {one.next_update_at:%Y-%m-%d}" if one.next_update_at else "never received"
    return f"{one.territory} {ended}" + (f" ({one.last_error})" if one.last_error else "")


def _seal() -> str:
    made = try_seal(clock=clock.database_clock())
    return f"sealed and verified a sample, timestamp {made.timestamp_serial} by {made.timestamp_authority}"


def _invariants() -> str:
    if broken := broken_invariants():
        raise RuntimeError("; ".join(f"{name} ({count})" for name, count in broken.items()))
    return "all hold"
