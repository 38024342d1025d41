"""Proves that a certificate is trusted and not revoked now, and keeps what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from kernel.errors import Outage
from trust.actions.note_source import note_source
from trust.gateways import revocation
from trust.gateways.chains import trusted_path
from trust.gateways.process_cache import ProcessCache
from trust.gateways.revocation import Answer, AnswerUnusable, CertificateUnknown, Kind, Revoked, Source
from trust.models import RevocationAnswer, RevocationSource
from trust.rules.authorities import rest_after_failure
from trust.rules.evidence import CertificateEvidence
from trust.rules.revocation import LONGEST_PAUSE, VERIFIED_LIFE, refresh_due_at, usable_until

Chain = tuple[bytes, ...]


class RevocationUnknown(Outage):
    """Neither OCSP nor CRL gave a usable answer. Nothing is sealed on a guess."""

    code = "revocation_unknown"


def collect_evidence(
    *, certificate: bytes, others: Sequence[bytes], live: bool, now: datetime, refresh: bool = False
) -> CertificateEvidence:
    """The validated chain of a certificate (DER) and a good answer for everything in it but its anchor.

    `others` are certificates that may lie between. Kept answers are used until their nextUpdate; with `refresh` those
    at half of their life are fetched anew, without it only those that nobody refreshed for an hour longer. Raises
    `chains.NotTrusted`, `revocation.Revoked`, RevocationUnknown.
    """
    key = (sha256(certificate).digest(), live)
    known = _verified.get(key)
    if known and not refresh and known.checked_at <= now < min(known.good_until, known.checked_at + VERIFIED_LIFE):
        return known
    path = trusted_path(certificate, others, live=live, moment=now)
    chain = path.certificates
    answers = [_good_answer(chain[start:], now=now, refresh=refresh) for start in range(len(chain) - 1)]
    evidence = CertificateEvidence(
        certificates=chain,
        ocsps=tuple(kept.answer.content for kept in answers if kept.answer.source.kind is Kind.OCSP),
        crls=tuple(kept.answer.content for kept in answers if kept.answer.source.kind is Kind.CRL),
        checked_at=now,
        good_until=min([path.valid_until, *(kept.usable_until for kept in answers)]),
        refresh_due_at=min([path.valid_until, *(kept.refresh_due_at for kept in answers)]),
    )
    _verified.put(key, evidence)
    return evidence


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    fetched_at: datetime

    @property
    def usable_until(self) -> datetime:
        return usable_until(next_update=self.answer.next_update, fetched_at=self.fetched_at)

    @property
    def refresh_due_at(self) -> datetime:
        return refresh_due_at(next_update=self.answer.next_update, fetched_at=self.fetched_at)


def _good_answer(chain: Chain, *, now: datetime, refresh: bool) -> _Kept:
    offered = revocation.sources(chain)
    found = _kept_answer(offered, chain, now)
    patience = LONGEST_PAUSE * (not refresh)
    if found is None or now >= found.refresh_due_at + patience:
        found = _fetch_any(offered, chain, now, fallback=found, refresh=refresh)
    revocation.prove_good(found.answer, chain, now=now)
    return found


def _kept_answer(offered: list[Source], chain: Chain, now: datetime) -> _Kept | None:
    """The kept answer of the most preferred source that still settles the question."""
    rows = {
        (row.kind, row.covers): row for row in RevocationAnswer.objects.filter(covers__in=[s.covers for s in offered])
    }
    for source in offered:
        if row := rows.get((source.kind, source.covers)):
            kept = _Kept(Answer(source, bytes(row.content), row.this_update, row.next_update), row.fetched_at)
            if now < kept.usable_until and _settles(kept.answer, chain, now) is None:
                return kept
    return None


def _fetch_any(offered: list[Source], chain: Chain, now: datetime, *, fallback: _Kept | None, refresh: bool) -> _Kept:
    problems = []
    for source in offered:
        if (fallback or refresh) and (resting := _rests(source, now)):
            problems.append(f"{source.url}: {resting}")
            continue
        try:
            answer = revocation.fetch(source, chain)
        except CertificateUnknown as error:
            raise RevocationUnknown(f"{source.url}: {error}") from error
        except AnswerUnusable as error:
            problem = str(error)
        else:
            problem = _settles(answer, chain, now) or ""
        note_source(source=source, problem=problem, now=now)
        if problem:
            problems.append(f"{source.url}: {problem}")
            continue
        _keep(answer, now)
        return _Kept(answer, now)
    if fallback:
        return fallback
    detail = "; ".join(problems) or _("The certificate names no source that REVOCATION_HOSTS allows.")
    raise RevocationUnknown(_("The revocation status could not be learnt: %(detail)s") % {"detail": detail})


def _rests(source: Source, now: datetime) -> str:
    """Why an address is left alone for the moment: it fails for everybody. Only who can wait leaves it alone."""
    row = RevocationSource.objects.filter(kind=source.kind.value, url=source.url, failures__gt=0).first()
    if row is None or row.last_error_at is None:
        return ""
    until = rest_after_failure(row.failures, lied=False, now=row.last_error_at)
    return row.last_error if until and until > now else ""


def _settles(answer: Answer, chain: Chain, now: datetime) -> str | None:
    """None when the answer says good or revoked beyond doubt; else why it says nothing."""
    try:
        revocation.prove_good(answer, chain, now=now)
    except Revoked:
        return None
    except AnswerUnusable as error:
        return str(error)
    return None


def _keep(answer: Answer, now: datetime) -> None:
    RevocationAnswer.objects.update_or_create(
        kind=answer.source.kind.value,
        covers=answer.source.covers,
        defaults={
            "url": answer.source.url,
            "content": answer.content,
            "this_update": answer.this_update,
            "next_update": answer.next_update,
            "fetched_at": now,
        },
    )


_verified: ProcessCache[CertificateEvidence] = ProcessCache()
