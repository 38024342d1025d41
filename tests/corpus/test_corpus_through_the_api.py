"""Every PDF of a collection of real and hostile files, through the running API by several callers at once."""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealing.formats.errors import CODES
from tests.second_opinions import signatures_by_pdfsig
from tests.stack import RunningStack, corpus_outcomes

pytestmark = [pytest.mark.stack, pytest.mark.corpus]

FOLDERS = ("pdf", "signed-pdf")
CALLERS = 4
LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class Outcome:
    """What became of a document: `sealed` or a refusal's code, and the seconds from request to end."""

    path: Path
    outcome: str
    seconds: float


@pytest.fixture
def documents() -> list[Path]:
    root = Path(os.environ["SEALPORT_CORPUS"])
    found = sorted(path for folder in FOLDERS for path in (root / folder).glob("*.pdf"))
    assert found, f"SEALPORT_CORPUS={root} has no documents in pdf/ and signed-pdf/"
    return found


@pytest.mark.timeout(600)
def test_every_document_is_sealed_validly_or_refused_with_a_documented_code_and_only_the_sealed_are_charged(
    stack: RunningStack, documents: list[Path], tmp_path: Path
) -> None:
    used, crashes = stack.used(), crashed(stack)

    with ThreadPoolExecutor(CALLERS) as callers:
        outcomes = list(callers.map(lambda path: outcome_of(stack, path, tmp_path), documents))

    write_table(outcomes)
    counts = Counter(outcome.outcome for outcome in outcomes)
    assert counts.keys() <= {*CODES, "sealed"}
    assert counts["sealed"] > len(documents) * 0.8
    assert [outcome for outcome in outcomes if outcome.seconds >= LONGEST_SECONDS] == []
    assert stack.used() == used + counts["sealed"]
    stack.invariants_hold()
    assert stack.is_well()
    assert crashed(stack) == crashes


def crashed(stack: RunningStack) -> int:
    """How often a worker has died or failed at a job."""
    return stack.count("SELECT coalesce(sum(crashes), 0) FROM kernel_job")


def outcome_of(stack: RunningStack, path: Path, folder: Path) -> Outcome:
    began = time.monotonic()
    answer = stack.order(path.read_bytes(), name=path.name, wait=30)
    assert answer.status < 500, (path, answer)
    if answer.status == 422:
        return Outcome(path, answer.json["code"], time.monotonic() - began)
    seal = stack.finished(answer.json["id"], seconds=LONGEST_SECONDS)
    seconds = time.monotonic() - began
    if seal["status"] != "sealed":
        return Outcome(path, seal["failure"]["code"], seconds)
    content = stack.api("GET", seal["links"]["content"])
    assert content.status == 200, path
    assert_better_than_before(path, content.body, folder / f"{seal['id']}.pdf")
    return Outcome(path, "sealed", seconds)


def assert_better_than_before(original: Path, content: bytes, sealed: Path) -> None:
    """The original is a prefix of the sealed file, whose newest signature pdfsig finds valid and complete."""
    assert content.startswith(original.read_bytes()), original
    sealed.write_bytes(content)
    signatures = signatures_by_pdfsig(sealed)
    assert any("Signature is Valid." in one and "Total document signed" in one for one in signatures), original
    sealed.unlink()


def write_table(outcomes: list[Outcome]) -> None:
    rows = sorted(outcomes, key=lambda outcome: (outcome.outcome, outcome.path))
    lines = (f"{row.path.parent.name}/{row.path.name}\t{row.outcome}\t{row.seconds:.2f}\n" for row in rows)
    corpus_outcomes().write_text("".join(lines))
