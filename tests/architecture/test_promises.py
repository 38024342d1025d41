"""Every promise of the catalogue is carried out by somebody, or says why not (D2, D4, D5, E9)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from privacy.actions._courses import COURSES
from privacy.actions._retention import Sweep
from privacy.actions._sweeps import SWEEPS
from privacy.catalogue import RULE, STORES, TABLES
from privacy.catalogue.standing import STANDING
from privacy.rules.inventory import Store, Table

# Whose subjects are taken away one by one.
BY_SUBJECT = {course.rule for course in COURSES}


def faults(entries: Iterable[Table | Store], sweeps: Iterable[Sweep], standing: Iterable[str]) -> list[str]:
    """Promises that nothing carries out, and what carries out none, each by name."""
    sweeps, standing = tuple(sweeps), set(standing)
    carried = {(sweep.rule, store) for sweep in sweeps for store in (sweep.store, *sweep.with_it)}
    names, found = set(), []
    for entry in entries:
        name = entry.name if isinstance(entry, Table) else entry.key
        names.add(name)
        promised = {entry.retention, *(entry.longer if isinstance(entry, Table) else ())} - {""}
        swept = {rule for rule, store in carried if store == name}
        if name in standing:
            found += [f"{name} stands, and {rule} takes it away" for rule in sorted(swept)]
            continue
        found += [f"{name}: nothing carries out {rule}" for rule in sorted(promised - swept - BY_SUBJECT)]
        found += [f"{name}: {rule} takes it away and is not promised" for rule in sorted(swept - promised) if promised]
        if not promised and not swept:
            found.append(f"{name} grows for good, and nothing says why")
    there = {store for _rule, store in carried} | standing
    return found + [f"{name} is in no catalogue" for name in sorted(there - names)]


def test_every_promise_is_carried_out() -> None:
    assert faults((*TABLES, *STORES), SWEEPS, STANDING) == []


def test_every_rule_has_somebody_and_every_sweep_a_rule() -> None:
    done = {sweep.rule for sweep in SWEEPS} | BY_SUBJECT
    assert {sweep.rule for sweep in SWEEPS} <= RULE.keys()
    assert RULE.keys() <= done


def test_a_promise_without_a_sweep_is_named() -> None:
    dropped = [sweep for sweep in SWEEPS if sweep.store not in {"kernel_job", "trust_timestampissued", "system_log"}]
    assert faults((*TABLES, *STORES), dropped, STANDING) == [
        "trust_timestampissued: nothing carries out timestamp_log",
        "kernel_job: nothing carries out activity",
        "system_log: nothing carries out activity",
    ]
    assert faults(TABLES, [], {}).count("auth_group grows for good, and nothing says why") == 1


def test_the_databases_own_limits_are_those_of_the_rules(db: None) -> None:
    """What a function of the owner's may erase, it may after the period of the rule, and under the same condition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, extract(year FROM period), extract(month FROM period), extract(day FROM period),"
            " whole_years FROM kernel_erasable"
        )
        limits = {name: (int(years), int(months), int(days), whole) for name, years, months, days, whole in cursor}
    rules = {sweep.store: RULE[sweep.rule] for sweep in SWEEPS if sweep.store in limits}
    assert limits == {
        store: (rule.period.years, rule.period.months, rule.period.days, rule.key == "bookkeeping")
        for store, rule in rules.items()
    }
