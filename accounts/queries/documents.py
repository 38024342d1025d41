"""Legal documents as they were published: what holds, what is to come, whom it binds, and who was told (C5, D10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from accounts.models import Acceptance, ApiToken, Customer, LegalDocument, LegalFile, LegalNotice
from accounts.rules.documents import (
    ACCEPTED,
    EVERYWHERE,
    LEADING_LANGUAGE,
    PRECEDENCE,
    PUBLIC,
    Audience,
    Block,
    Key,
    binding,
    blocks,
    fill,
    in_force,
    in_language,
    key,
    split_title,
)
from kernel.clock import legal_date, legal_midnight
from kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document: its `texts`, the leading one first, and whether it is in force."""

    texts: tuple[LegalDocument, ...]
    in_force: bool

    @property
    def document(self) -> LegalDocument:
        """The leading text."""
        return self.texts[0]

    @property
    def languages(self) -> list[str]:
        return [text.language for text in self.texts]

    def text_for(self, language: str) -> LegalDocument:
        """The text for a reader of `language`."""
        return in_language(self.texts, language)


@dataclass(frozen=True, slots=True)
class Bound:
    """That a version binds a customer on a day: for which of its audiences, who accepted it, and when it was told."""

    version: Version
    audiences: tuple[str, ...]
    acceptances: tuple[Acceptance, ...]
    told: LegalNotice | None

    @property
    def document(self) -> LegalDocument:
        return self.version.document


@dataclass(frozen=True, slots=True)
class PrintableText:
    """A text that waits for its sealed file, and its parts."""

    document: LegalDocument
    blocks: list[Block]

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def language(self) -> str:
        return self.document.language


def figures(language: str) -> Mapping[str, str]:
    """What stands for each placeholder of a text in `language`; the app above keeps the rules they come from."""
    ask: Callable[[str], Mapping[str, str]] = import_string(settings.DOCUMENT_FIGURES)
    return ask(language)


def readable_text(text: str, language: str) -> tuple[str, str]:
    """Title and body of a text of staff's with its placeholders filled, as it would be published.

    Raises `KeyError` for an unknown placeholder, `ValueError` for a text without a title or without a body.
    """
    return split_title(fill(text.replace("\r\n", "\n"), figures(language)))


def documents_in_force(on: date, *, country: str = EVERYWHERE, language: str = LEADING_LANGUAGE) -> list[LegalDocument]:
    """The documents that who wants to become a customer accepts on the legal day `on` (clause C5).

    Those for the portal's users in `country`, each in `language` where there is such a text.
    """
    known = LegalDocument.objects.filter(kind__in=ACCEPTED)
    found = binding(known, audience=Audience.PORTAL, country=country, on=on)
    return [in_language(found[kind], language) for kind in ACCEPTED if kind in found]


def published_versions(
    on: date, *, audience: str = "", country: str = "", language: str = ""
) -> list[tuple[str, list[Version]]]:
    """Every public version by kind, newest first (clause D10); those for one audience, country or language only."""
    rows = LegalDocument.objects.filter(kind__in=PUBLIC)
    found = _versions(rows, on)
    wanted = [
        version
        for version in found
        if (not audience or version.document.audience in {Audience.ALL, audience})
        and (not country or version.document.country in {EVERYWHERE, country})
        and (not language or language in version.languages)
    ]
    by_kind = [(kind.value, [each for each in wanted if each.document.kind == kind]) for kind in PUBLIC]
    return [(kind, versions) for kind, versions in by_kind if versions]


def published_countries() -> list[str]:
    """The countries that have a text of their own, by code."""
    rows = LegalDocument.objects.filter(kind__in=PUBLIC).exclude(country=EVERYWHERE)
    return list(rows.order_by("country").values_list("country", flat=True).distinct())


def published_version(kind: str, number: str, *, on: date) -> tuple[Version, Sequence[Version]]:
    """One version, and all of its kind; raises `NotFound`, for special terms too, which are between two parties."""
    for known, versions in published_versions(on):
        for version in versions:
            if (known, version.document.version) == (kind, number):
                return version, versions
    raise NotFound


def published_text(kind: str, number: str, *, language: str, on: date) -> LegalDocument:
    """One text in exactly this language, the leading one where none is named; raises `NotFound`."""
    version = published_version(kind, number, on=on)[0]
    for text in version.texts:
        if not language or text.language == language:
            return text
    raise NotFound


def sealed_file(document_id: str) -> LegalFile:
    """The sealed PDF of a text; raises `NotFound` until it is made."""
    found = LegalFile.objects.filter(document_id=document_id).first()
    if found is None:
        raise NotFound
    return found


def sealed_documents(documents: Iterable[LegalDocument]) -> set[str]:
    """Of which of these texts there is a sealed file, by id."""
    found = LegalFile.objects.filter(document__in=list(documents))
    return set(found.values_list("document_id", flat=True))


def documents_to_seal() -> list[PrintableText]:
    """The texts without a sealed file, the oldest announcement first."""
    waiting = LegalDocument.objects.filter(file=None).order_by("announced_at", "kind", "language")
    return [PrintableText(document, blocks(document.text)) for document in waiting]


def announced_versions(on: date) -> list[Version]:
    """What was announced and takes effect on the legal day `on` or later."""
    rows = LegalDocument.objects.filter(kind__in=PUBLIC, effective_on__gte=on)
    return _versions(rows, on)


def customers_to_tell(document: LegalDocument) -> list[str]:
    """The ids of the customers whom the version of `document` will bind, and who were not told of it (clause D10)."""
    rivals = list(LegalDocument.objects.filter(kind=document.kind).defer("text"))
    over = [Customer.Status.ENDED, Customer.Status.CLOSED]
    told = LegalNotice.objects.filter(document=document).values("customer_id")
    customers = Customer.objects.exclude(status__in=over).exclude(id__in=told)
    concerned = {
        (country, audience): document.version in _numbers(rivals, audience, country, document.effective_on)
        for country in customers.order_by().values_list("country", flat=True).distinct()
        for audience in (Audience.PORTAL, Audience.API)
    }
    users_of_api = set(ApiToken.objects.filter(revoked_at=None).values_list("customer_id", flat=True))
    return [
        customer_id
        for customer_id, country in customers.order_by("id").values_list("id", "country")
        if concerned[country, Audience.PORTAL] or (concerned[country, Audience.API] and customer_id in users_of_api)
    ]


def _numbers(texts: Sequence[LegalDocument], audience: str, country: str, on: date) -> set[str]:
    found = binding(texts, audience=audience, country=country, on=on)
    return {text.version for rows in found.values() for text in rows}


def bound_on(customer: Customer, *, on: date) -> list[Bound]:
    """Which public documents bind the customer on the legal day `on`, in their order of precedence (clause C5).

    Special terms, which come first, are billing's. A version that needs acceptance binds from the day of the first
    one, a change that was told late 30 days after that; who has an API token on the day is bound by what is written for
    users of the API, too.
    """
    acceptances = list(_acceptances(customer.id, on))
    accepted = {key(each.document) for each in acceptances}
    told = {each.document_id: each for each in _told(customer.id, on)}
    days = {key(each.document): legal_date(each.told_at) for each in told.values() if not each.document.first}
    texts = list(LegalDocument.objects.filter(kind__in=PRECEDENCE, announced_on__lte=on))
    found: dict[Key, tuple[list[LegalDocument], list[str]]] = {}
    for audience in _audiences(customer.id, on):
        bound = binding(texts, audience=audience, country=customer.country, on=on, accepted=accepted, told=days)
        for rows in bound.values():
            found.setdefault(key(rows[0]), (rows, []))[1].append(audience)
    return [
        _bound(rows, tuple(whose), acceptances, told)
        for kind in PRECEDENCE
        for (of_kind, _number), (rows, whose) in found.items()
        if of_kind == kind
    ]


def _bound(
    rows: list[LegalDocument], audiences: tuple[str, ...], acceptances: list[Acceptance], told: dict[str, LegalNotice]
) -> Bound:
    version = _version(rows, in_force=True)
    given = tuple(each for each in acceptances if key(each.document) == key(version.document))
    return Bound(version, audiences, given, told.get(version.document.id))


def to_accept(customer: Customer, *, on: date) -> list[Version]:
    """The versions, in force or announced, that need this customer's acceptance and have none (clause C5)."""
    asking = LegalDocument.objects.filter(kind__in=ACCEPTED, needs_acceptance=True)
    days = {on, *(day for day in asking.values_list("effective_on", flat=True) if day > on)}
    if len(days) == 1 and not asking.exists():
        return []
    accepted = {key(each.document) for each in _acceptances(customer.id, on)}
    rows = list(LegalDocument.objects.filter(kind__in=ACCEPTED))
    audiences = _audiences(customer.id, on)
    found: dict[Key, Version] = {}
    for day in days:
        for audience in audiences:
            bound = binding(rows, audience=audience, country=customer.country, on=day)
            for texts in bound.values():
                if texts[0].needs_acceptance and key(texts[0]) not in accepted:
                    found[key(texts[0])] = _version(texts, in_force=texts[0].effective_on <= on)
    return sorted(found.values(), key=lambda each: (each.document.effective_on, each.document.kind))


def _acceptances(customer_id: str, on: date) -> QuerySet[Acceptance]:
    rows = Acceptance.objects.filter(customer_id=customer_id, accepted_at__lt=legal_midnight(on + timedelta(days=1)))
    return rows.select_related("document").order_by("accepted_at", "id")


def _told(customer_id: str, on: date) -> QuerySet[LegalNotice]:
    rows = LegalNotice.objects.filter(customer_id=customer_id, told_at__lt=legal_midnight(on + timedelta(days=1)))
    return rows.select_related("document")


def _audiences(customer_id: str, on: date) -> list[Audience]:
    """The portal's, and the API's for who has a token at some moment of the legal day `on`."""
    begins, ends = legal_midnight(on), legal_midnight(on + timedelta(days=1))
    living = Q(revoked_at=None) | Q(revoked_at__gte=begins)
    uses_api = ApiToken.objects.filter(living, customer_id=customer_id, created_at__lt=ends).exists()
    return [Audience.PORTAL, Audience.API] if uses_api else [Audience.PORTAL]


def _versions(rows: Iterable[LegalDocument], on: date) -> list[Version]:
    """The rows by version, the newest first."""
    known = sorted(rows, key=lambda row: (row.effective_on, row.announced_at, key(row)), reverse=True)
    current = in_force(known, on)
    return [_version(list(texts), in_force=name in current) for name, texts in groupby(known, key=key)]


def _version(texts: list[LegalDocument], *, in_force: bool) -> Version:
    leading = in_language(texts, LEADING_LANGUAGE)
    others = sorted((text for text in texts if text is not leading), key=lambda text: text.language)
    return Version((leading, *others), in_force)


def customer_named(customer_id: str) -> Customer:
    """The customer, for staff; raises `NotFound`."""
    found: Customer | None = Customer.objects.filter(id=customer_id).first()
    if found is None:
        raise NotFound
    return found
