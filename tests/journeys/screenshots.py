"""`make tour`: a picture of every page, for people to look at, in var/tour/<language>/<width>-<theme>/.

Of a stack that it starts for the purpose, with a few documents in it.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from portal.devstack.stack import default_var
from tests.journeys.conftest import Browsing, launch
from tests.journeys.pages import PORTAL, PUBLIC, furnish
from tests.stack import running_stack

WIDTHS = {1280: 900, 375: 812}
THEMES = ("light", "dark")
LANGUAGES = {"en": "en-GB", "lt": "lt-LT"}


def photograph(page: Page, pages: dict[str, str], seals: dict[str, str], folder: Path) -> int:
    """Take a picture of the whole of each page; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, address in pages.items():
        page.goto(address.format(**seals), wait_until="networkidle")
        page.screenshot(path=folder / f"{name.replace(' ', '-')}.png", full_page=True)
    return len(pages)


def view(language: str, width: int, theme: str) -> dict[str, Any]:
    return {
        "viewport": {"width": width, "height": WIDTHS[width]},
        "color_scheme": theme,
        "locale": LANGUAGES[language],
        "has_touch": width < 500,
        "reduced_motion": "reduce",
    }


def main() -> None:
    """Start a stack, walk, and say where the pictures are."""
    tour, taken = default_var() / "tour", 0
    with (
        running_stack(default_var() / "test-tour") as stack,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        seals = furnish(stack)
        for language, width, theme in product(LANGUAGES, WIDTHS, THEMES):
            browsing, options = Browsing(browser, stack), view(language, width, theme)
            folder = tour / language / f"{width}-{theme}"
            taken += photograph(browsing.fresh(**options), PUBLIC, seals, folder)
            taken += photograph(browsing.signed_in("owner", **options), PORTAL, seals, folder)
            for context in browsing.contexts:
                context.close()
    sys.stdout.write(f"{taken} pictures in {tour}\n")


if __name__ == "__main__":
    main()
