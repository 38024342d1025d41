"""`manage.py check_translations`: every catalogue says all that the code says. `--write` brings them up to date."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import generate_po, read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import templatize

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
SOURCES = {"django": ("*.py", "*.html", "*.txt"), "djangojs": ("*.js",)}
LEFT_OUT = {"migrations", "static", "vendor"}
# What a translation must carry over as it is: placeholders of Python and JavaScript, and markup.
_CARRIED = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\w*\}|</?\w[^>]*>")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="add what is missing, drop what is not needed")

    def handle(self, *args: Any, **options: Any) -> None:
        root, locale = Path(settings.BASE_DIR), Path(settings.LOCALE_PATHS[0])
        languages = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        faults: list[str] = []
        for domain in SOURCES:
            wanted = wanted_messages(root, domain)
            for language in languages:
                path = locale / language / "LC_MESSAGES" / f"{domain}.po"
                if options["write"]:
                    write(path, language, wanted)
                faults += [f"{language}/{domain}.po: {fault}" for fault in faults_of(read(path, language), wanted)]
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"Every message is translated into {', '.join(languages)}.")


def wanted_messages(root: Path, domain: str) -> Catalog:
    """The messages of our own code, templates and scripts."""
    catalog = Catalog()
    for path in sorted(_sources(root, domain)):
        for line, message, comments, context in _extracted(path, path.stat().st_mtime_ns):
            catalog.add(message, None, [(str(path), line)], auto_comments=comments, context=context)
    return catalog


@cache
def _extracted(path: Path, _changed: int) -> Sequence[tuple[Any, ...]]:
    """Reading takes most of the time, and tests ask again and again."""
    method = "python" if path.suffix == ".py" else "javascript"
    text = path.read_text()
    if path.suffix in {".html", ".txt"}:
        text = templatize(text, origin=str(path))
    return list(extract(method, BytesIO(text.encode()), KEYWORDS, ["Translators"]))


def _sources(root: Path, domain: str) -> Iterator[Path]:
    folders = ["static/js"] if domain == "djangojs" else [*settings.FIRST_PARTY_APPS, "templates"]
    for folder in folders:
        for pattern in SOURCES[domain]:
            for path in (root / folder).rglob(pattern):
                inside = path.relative_to(root / folder).parts
                if not LEFT_OUT.intersection(inside) and (path.suffix != ".txt" or "templates" in path.parts):
                    yield path


def read(path: Path, language: str) -> Catalog:
    """A catalogue; an empty one if there is no file."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def write(path: Path, language: str, wanted: Catalog) -> None:
    """Keep the translations that are still wanted, add empty ones; sorted, and without what would change daily."""
    known, renewed = read(path, language), Catalog(locale=language)
    for message in _messages(wanted):
        before = known.get(message.id, message.context)
        fits = before is not None and _is_plural(before) == _is_plural(message)
        translation = before.string if before is not None and fits else ""
        renewed.add(message.id, translation, auto_comments=message.auto_comments, context=message.context)
    header = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": f"nplurals={renewed.num_plurals}; plural={renewed.plural_expr};",
    }
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in header.items())
    body = "".join(generate_po(renewed, no_location=True, omit_header=True, sort_by="message", width=110))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'msgid ""\nmsgstr ""\n{lines}\n{body.rstrip()}\n')


def faults_of(catalog: Catalog, wanted: Catalog) -> list[str]:
    """What a reader of this language would miss, and what nobody would ever read."""
    faults = [f"not translated: {_name(message)}" for message in _messages(wanted) if not _found(catalog, message)]
    for message in _messages(catalog):
        if not _found(wanted, message):
            faults.append(f"not in the code any more: {_name(message)}")
        elif message.fuzzy:
            faults.append(f"fuzzy: {_name(message)}")
        else:
            faults += _faults_of_translation(message, catalog.num_plurals)
    return faults + [f"obsolete: {_name(message)}" for message in catalog.obsolete.values()]


def _faults_of_translation(message: Message, plural_forms: int) -> Iterable[str]:
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if not all(forms) or (_is_plural(message) and len(forms) != plural_forms):
        return [f"empty: {_name(message)}"]
    model = _carried(message.id[-1] if isinstance(message.id, tuple | list) else message.id)
    return [f"placeholders differ: {_name(message)}" for form in forms if _carried(form or "") != model]


def _carried(text: str) -> Counter[str]:
    return Counter(_CARRIED.findall(text))


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _found(catalog: Catalog, message: Message) -> bool:
    found = catalog.get(message.id, message.context)
    return found is not None and _is_plural(found) == _is_plural(message)


def _is_plural(message: Message) -> bool:
    return isinstance(message.id, tuple | list)


def _name(message: Message) -> str:
    text = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return f"{message.context}: {text!r}" if message.context else repr(text)
