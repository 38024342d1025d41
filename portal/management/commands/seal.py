"""The main job in one line: seal a file for a customer."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.queries import actor_of_owner
from kernel import clock
from kernel.actor import Actor
from kernel.errors import InvalidInput, NotFound, Outage, Refusal
from kernel.tenancy.context import customer_schema
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.api.appearance import read_appearance
from sealing.queries import seals as queries
from sealing.queries.seals import SealView
from sealing.rules.requests import CONTAINERS, FORMATS, LEVELS, SealRequest, sealed_name
from sealing.rules.seal_states import FINAL, SealStatus

TIMEOUT_SECONDS = 120


class Command(BaseCommand):
    help = "Seal FILE, or several together, for a customer with the running workers, and write the sealed file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
        parser.add_argument("--customer", required=True, help="address of the customer in the portal, e.g. demo")
        parser.add_argument("--format", choices=FORMATS, default="", help="default: pades for one PDF, else asice")
        parser.add_argument("--container", choices=CONTAINERS, default="", help="ending of a container's name")
        parser.add_argument("--level", choices=LEVELS, default="B-LT")
        parser.add_argument(
            "--appearance",
            type=Path,
            metavar="JSON",
            help="a file with what the seal shows on a page, as in the API; {} in it means the usual",
        )
        parser.add_argument("--out", type=Path, help="default: beside FILE, with -sealed in its name, .asice or .p7s")
        parser.add_argument("--test", action="store_true", help="a test seal, never billed")

    def handle(self, *args: Any, **options: Any) -> None:
        files: list[Path] = options["files"]
        for file in (*files, *filter(None, [options["appearance"]])):
            if not file.is_file():
                raise CommandError(f"{file} is not a file.")
        try:
            actor = actor_of_owner(options["customer"])
            with customer_schema(actor.customer):
                seal = self._seal(actor, files, options)
                target = options["out"] or files[0].with_name(
                    sealed_name(files[0].name, seal.format, options["container"])
                )
                with target.open("wb") as out:
                    out.writelines(queries.sealed_content(actor, seal.id).parts)
        except NotFound as error:
            raise CommandError(f"There is no customer {options['customer']!r} with an active owner.") from error
        except InvalidInput as error:
            raise CommandError("; ".join(f"{each.detail} ({each.code})" for each in error.errors)) from error
        except (Refusal, Outage) as error:
            raise CommandError(f"{error.detail} ({error.code})") from error
        self.stdout.write(f"{target}  {seal.level}, timestamp by {seal.timestamp_authority} at {seal.timestamp_at}")

    def _seal(self, actor: Actor, files: list[Path], options: dict[str, Any]) -> SealView:
        with ExitStack() as opened:
            accepted = accept_document(
                actor=actor,
                documents=[NewDocument(file.name, opened.enter_context(file.open("rb"))) for file in files],
                request=SealRequest(
                    format=options["format"],
                    level=options["level"],
                    container=options["container"],
                    appearance=read_appearance(options["appearance"].read_text("utf-8"))
                    if options["appearance"]
                    else None,
                ),
                live=not options["test"],
                now=clock.now(),
            )
        end = time.monotonic() + TIMEOUT_SECONDS
        while (seal := queries.seal(actor, accepted.seal_id)).status not in FINAL:
            if time.monotonic() > end:
                waiting = f" It waits: {seal.delay[1]}" if seal.delay else " Are the workers running?"
                raise CommandError(f"{seal.id} is still {seal.status} after {TIMEOUT_SECONDS} s.{waiting}")
            time.sleep(0.05)
        if seal.status != SealStatus.SEALED:
            raise CommandError("{1} ({0})".format(*(seal.failure or ("", ""))))
        return seal
