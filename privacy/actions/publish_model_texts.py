"""Announces the model texts that came with the software, each once for what its rules say now (clause D10)."""

from __future__ import annotations

from datetime import datetime

from accounts.actions.publish_document import publish_document
from accounts.queries.documents import published_versions, readable_text
from accounts.rules.documents import EVERYWHERE, PUBLIC, Audience, earliest_effect
from kernel.actor import Actor
from kernel.clock import legal_date
from privacy.gateways.texts import model_languages, model_text


def publish_model_texts(*, actor: Actor, now: datetime) -> list[str]:
    """Announce each model whose texts, with the numbers of today's rules, are no version yet; returns kinds.

    It takes effect as early as it may: 30 days from now, or today where nothing of its kind held before. Run again it
    announces nothing, until a text or a rule behind one of its numbers has changed. Special terms are a form to sign
    and never announced. Raises `Forbidden`.
    """
    today = legal_date(now)
    known = dict(published_versions(today))
    announced = []
    for kind in PUBLIC:
        texts = {language: model_text(kind, language) for language in model_languages(kind)}
        bodies = {language: readable_text(text, language)[1] for language, text in texts.items()}
        if any({text.language: text.text for text in version.texts} == bodies for version in known.get(kind, [])):
            continue
        publish_document(
            actor=actor,
            kind=kind,
            audience=Audience.ALL,
            country=EVERYWHERE,
            texts=texts,
            effective_on=earliest_effect(today, first_of_kind=kind not in known),
            needs_acceptance=False,
            now=now,
        )
        announced.append(kind.value)
    return announced
