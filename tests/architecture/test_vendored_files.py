"""The vendored front-end files are exactly those listed, and templates ask only for icons that exist."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
LISTED = {
    f"{entry['folder']}/{name}": digest
    for entry in json.loads((VENDOR / "vendor.json").read_text())
    for name, digest in entry["files"].items()
}


def test_every_vendored_file_is_listed_with_its_hash() -> None:
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.glob("*/*")
        if path.is_file()
    }
    assert found == LISTED


def test_no_vendored_file_points_at_a_source_map() -> None:
    assert not [name for name in LISTED if b"sourceMappingURL" in (VENDOR / name).read_bytes()]


def test_icons_in_templates_are_those_in_the_sprite() -> None:
    templates = "\n".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    drawn = set(re.findall(r'{% icon "([a-z-]+)"', templates)) | set(re.findall(r'icon="([a-z-]+)"', templates))
    sprite = (VENDOR / "tabler-icons" / "icons.svg").read_text()
    assert drawn - {"mark"} == set(re.findall(r'<symbol id="([a-z-]+)"', sprite))


def test_templates_carry_no_inline_script_or_style() -> None:
    """Mails and the pages inside a copy of somebody's data are files that no policy of ours reaches: they have to stand
    alone."""
    offending = re.compile(r'<style|\sstyle="|\son[a-z]+="|<script(?![^>]*\b(src=|type="application/json"))')
    assert not [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if not {"email", "package"} & {*path.parts} and offending.search(path.read_text())
    ]
