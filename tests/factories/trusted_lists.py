"""Trusted lists of the test's Europe: published at a site on loopback, and fetched by what is tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.doubles.trusted_lists import ListSite, Pointer, Service, Signer, TrustedListDraft, signer, signers_file
from trust.actions.refresh_trusted_list import refresh_trusted_list
from trust.actions.refresh_trusted_lists import refresh_trusted_lists
from trust.models import TrustedList

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
COMMISSION, LITHUANIA = signer("Commission", country="BE"), signer("Lithuanian lists")


@dataclass
class Europe:
    """The lists of the test as they are published, and as they are fetched."""

    site: ListSite

    def publish(self, *services: Service, by: Signer = LITHUANIA, version: int = 6, issued_at: datetime = NOW) -> None:
        self.offer(TrustedListDraft("LT", issued_at, version=version, services=services).signed(by))
        self.point(LITHUANIA, issued_at=issued_at)

    def point(self, *signers: Signer, issued_at: datetime = NOW) -> None:
        lists = TrustedListDraft(
            "EU", issued_at, pointers=(self.pointer("LT", *signers), self.pointer("EU", COMMISSION))
        )
        self.site.publish("/EU.xml", lists.signed(COMMISSION))

    def pointer(self, territory: str, *signers: Signer) -> Pointer:
        return Pointer(territory, f"{self.site.url}/{territory}.xml", signers)

    def offer(self, content: bytes, *, status: int = 200) -> None:
        self.site.publish("/LT.xml", content, status=status)

    def fetch(self, now: datetime = NOW) -> None:
        refresh_trusted_lists(now=now)
        for territory in TrustedList.objects.exclude(territory="EU").values_list("territory", flat=True):
            refresh_trusted_list(territory=territory, now=now)


def europe_at(site: ListSite, settings: Any, folder: Path) -> Europe:
    """An empty Europe at that site, which the settings name."""
    site.answers.clear()
    site.asked.clear()
    settings.TRUSTED_LISTS_URL = f"{site.url}/EU.xml"
    settings.TRUSTED_LISTS_HOSTS = [site.host]
    settings.TRUSTED_LISTS_SIGNERS = signers_file(folder, COMMISSION)
    return Europe(site)
