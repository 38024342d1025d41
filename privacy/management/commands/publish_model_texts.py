"""Announces the model texts of legal documents, or prints one with the numbers of today's rules."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.queries.documents import readable_text
from kernel import clock
from kernel.actor import Actor
from privacy.actions.publish_model_texts import publish_model_texts
from privacy.gateways.texts import model_text


class Command(BaseCommand):
    help = (
        "Announce the model texts that are no version yet: customers are told, and they take effect in 30 days. With "
        "--show, only print one, such as the form for special terms."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--show", nargs=2, metavar=("KIND", "LANGUAGE"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"]:
            self._show(*options["show"])
            return
        announced = publish_model_texts(actor=Actor.system("privacy.publish_model_texts"), now=clock.now())
        self.stdout.write(f"Announced: {', '.join(announced)}." if announced else "Nothing has changed.")

    def _show(self, kind: str, language: str) -> None:
        try:
            title, body = readable_text(model_text(kind, language), language)
        except FileNotFoundError as error:
            raise CommandError(f"There is no model of {kind} in {language}.") from error
        self.stdout.write(f"# {title}\n\n{body}")
