"""Every message of the product is there in every language, and the check of that catches what is planted."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command


def said(**options: Any) -> str:
    answer = io.StringIO()
    call_command("check_translations", stdout=answer, **options)
    return answer.getvalue()


def test_every_message_is_translated_into_every_language() -> None:
    assert said() == "Every message is translated into lt, lv, et.\n"


@pytest.fixture
def catalogue(tmp_path: Path, settings: Any) -> Path:
    """The Lithuanian one of a copy of all."""
    shutil.copytree(settings.LOCALE_PATHS[0], tmp_path / "locale")
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return tmp_path / "locale" / "lt" / "LC_MESSAGES" / "django.po"


ENTRY = r'#, python-format\nmsgid "%\(count\)s seal left this month\."\n(?:.+\n)+\n'
PLANTS = {
    "a missing message": (ENTRY, "", "not translated: '%(count)s seal left this month.'"),
    "a lost placeholder": (r"liko %\(count\)s spaudai", "liko spaudai", "placeholders differ: '%(count)s seal left"),
    "a misspelt placeholder": (r"(msgstr \"Naudojimas: )%\(month\)s", r"\1%(mnth)s", "placeholders differ: 'Usage in"),
    "lost markup": (r"Ar <strong>(.*)</strong> yra", r"Ar \1 yra", "placeholders differ: 'Is <strong>"),
    "an empty translation": (r'msgstr "Savininkas"', 'msgstr ""', "empty: 'Owner'"),
    "an empty plural form": (r'msgstr\[2\] "Šį mėnesį.*"', 'msgstr[2] ""', "empty: '%(count)s seal left this month.'"),
    "a fuzzy message": (r'msgid "Owner"', '#, fuzzy\nmsgid "Owner"', "fuzzy: 'Owner'"),
    "a message of yesterday": (r"\Z", '\nmsgid "Fax"\nmsgstr "Faksas"\n', "not in the code any more: 'Fax'"),
    "an obsolete entry": (r"\Z", '\n#~ msgid "Fax"\n#~ msgstr "Faksas"\n', "obsolete: 'Fax'"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_named(catalogue: Path, plant: str) -> None:
    found, planted, fault = PLANTS[plant]
    text, times = re.subn(found, planted, catalogue.read_text(), count=1)
    catalogue.write_text(text)

    with pytest.raises(CommandError) as refusal:
        said()

    assert times == 1
    assert str(refusal.value).startswith(f"lt/django.po: {fault}")


def test_a_language_without_a_catalogue_is_named(catalogue: Path) -> None:
    shutil.rmtree(catalogue.parents[2] / "et")

    with pytest.raises(CommandError, match=r"et/django\.po: not translated"):
        said()


def test_writing_keeps_what_is_translated_and_lists_what_is_not(catalogue: Path) -> None:
    before = catalogue.read_text()
    catalogue.write_text(re.sub(ENTRY, "", before) + '\nmsgid "Fax"\nmsgstr "Faksas"\n')

    with pytest.raises(CommandError, match=re.escape("lt/django.po: empty: '%(count)s seal left this month.'")):
        said(write=True)

    emptied = re.sub(r'(msgstr\[\d\] )"Šį mėnesį liko.*"', r'\1""', before)
    assert catalogue.read_text() == emptied != before


def test_catalogues_are_as_the_command_writes_them(catalogue: Path) -> None:
    said(write=True)

    for language in ("lt", "lv", "et"):
        for domain in ("django.po", "djangojs.po"):
            written = catalogue.parents[2] / language / "LC_MESSAGES" / domain
            committed = Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / domain
            assert written.read_text() == committed.read_text()
