"""The model texts that came with the software, as files."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "texts"
_TO_BE_WRITTEN = "[...]"


def model_text(kind: str, language: str) -> str:
    """The text of a kind in a language, with its placeholders; raises `FileNotFoundError` where there is none."""
    return (_FOLDER / f"{kind}.{language}.md").read_text(encoding="utf-8")


def model_languages(kind: str) -> list[str]:
    """The languages in which the model of a kind is complete, and not headings alone."""
    found = sorted(path.name.split(".")[1] for path in _FOLDER.glob(f"{kind}.*.md"))
    return [language for language in found if _TO_BE_WRITTEN not in model_text(kind, language)]
