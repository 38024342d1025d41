"""A customer with committed rows, orders for it, and the question whether each was delivered once."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from kernel import clock, runner, vault
from kernel.tenancy.context import customer_schema
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.formats.sample import sample_pdf
from sealing.models import Document, Seal, SealAttempt
from sealing.queries import seals as queries
from sealing.queries.seals import SealView
from sealing.rules.requests import SealRequest
from tests.cast import Customers, Member
from tests.faults.workers import Signatures
from tests.invariants import assert_invariants
from trust.gateways import hsm


@dataclass(frozen=True)
class Orders:
    """Seals ordered by one customer, and what became of them."""

    owner: Member
    signatures: Signatures

    def place(self, count: int = 1, *, live: bool = True) -> list[str]:
        with customer_schema(self.owner.customer.id):
            return [
                accept_document(
                    actor=self.owner.actor,
                    documents=[NewDocument(f"invoice-{number}.pdf", io.BytesIO(sample_pdf(f"Invoice {number}")))],
                    request=SealRequest(),
                    live=live,
                    now=clock.now(),
                ).seal_id
                for number in range(count)
            ]

    def see(self, seal_id: str) -> SealView:
        with customer_schema(self.owner.customer.id):
            return queries.seal(self.owner.actor, seal_id)

    @property
    def usage(self) -> int:
        """Usage events of the customer."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM billing_usageevent WHERE customer_id = %s", [self.owner.customer.id])
            return int(cursor.fetchone()[0])

    @property
    def published(self) -> int:
        """Events that tell of a delivery."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM kernel_event WHERE customer_id = %s AND name = 'seal.published'",
                [self.owner.customer.id],
            )
            return int(cursor.fetchone()[0])

    def stored(self) -> set[str]:
        """Names of the customer's objects in the storage."""
        location = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
        folder = location / self.owner.customer.id
        return {str(path.relative_to(location)) for path in folder.glob("*")}

    def claimed(self) -> set[str]:
        """Names of the customer's objects in the database."""
        with customer_schema(self.owner.customer.id):
            rows = [Document.objects.values_list("object_name", flat=True)]
            rows.append(Seal.objects.exclude(object_name=None).values_list("object_name", flat=True))  # type: ignore[arg-type]  # None is excluded
            return {name for names in rows for name in names}

    def nothing_delivered(self, *seal_ids: str) -> None:
        """No sealed file, no usage, no event: as if no attempt had been made."""
        assert_invariants()
        assert (self.usage, self.published) == (0, 0)
        assert all(self.see(seal_id).sealed_at is None for seal_id in seal_ids)
        assert self.claimed() <= self.stored()

    def each_delivered_once(self, *seal_ids: str, orphans: int = 0) -> None:
        """One file, one usage event, one event each; and what was signed is on record.

        `orphans` is how many objects may lie in the storage without a row, left by those who were killed between
        writing one and committing its row. A row without its object is never right.
        """
        assert_invariants()
        assert [self.see(seal_id).status for seal_id in seal_ids] == ["sealed"] * len(seal_ids)
        assert self.usage == self.published == len(seal_ids)
        assert self.claimed() <= self.stored()
        assert len(self.stored() - self.claimed()) == orphans
        with customer_schema(self.owner.customer.id):
            attempts = SealAttempt.objects.filter(seal_id__in=seal_ids)
            assert self.signatures.number <= attempts.count()
            assert attempts.filter(outcome="published").count() == len(seal_ids)
            for seal_id in seal_ids:
                content = b"".join(queries.sealed_content(self.owner.actor, seal_id).parts)
                assert hashlib.sha256(content).hexdigest() == self.see(seal_id).sealed_sha256
                assert b"ETSI.CAdES.detached" in content


@pytest.fixture
def orders(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orders]:
    """Orders of a customer whose plan and certificates are ready."""
    customers, signatures = Customers(), Signatures(tmp_path / "signatures")
    owner = customers.customer("Acme", customers.person("Alice"))
    runner.drain()
    monkeypatch.setattr(hsm, "sign", hsm.sign)  # put back what is counted here
    signatures.count_here()
    vault.forget_keys()
    return Orders(owner, signatures)
