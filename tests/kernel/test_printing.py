"""What is printed is a PDF of its own: fonts inside, nothing fetched, everything escaped."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pikepdf
import pytest
from django.template import engines

from kernel.printing import OutsideReference, print_pdf


def _template(tmp_path: Path, settings, content: str) -> str:
    (tmp_path / "letter.html").write_text(
        "{% extends 'print/base.html' %}{% block title %}Letter{% endblock %}{% block content %}"
        + content
        + "{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    engines.__dict__.pop("templates", None)
    return "letter.html"


def test_a_printed_document_has_its_fonts_inside_and_is_an_archive_pdf(tmp_path, settings):
    template = _template(tmp_path, settings, "<h1>{{ name }}</h1>")
    file = tmp_path / "letter.pdf"

    file.write_bytes(print_pdf(template, {"name": "Žąsys & <b>šuo</b>, jūra, õhk"}))

    fonts = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    text = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout
    assert fonts
    assert all("Inter" in font and font.split()[-5:-2] == ["yes", "yes", "yes"] for font in fonts)
    assert "Žąsys & <b>šuo</b>, jūra, õhk" in text
    # Under one name the library would draw the letters of one file with outlines of the other: s6skaita, not sąskaita.
    assert any("Inter-Extended" in font for font in fonts)
    assert any("Inter-Extended" not in font for font in fonts)
    with pikepdf.open(file) as pdf:
        assert pdf.open_metadata().pdfa_status == "3U"


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.png", "file:///etc/passwd", "asset:../portal/settings.py"])
@pytest.mark.parametrize("tag", ["<img src='{}'>", "<link rel=stylesheet href='{}'>"])
def test_nothing_that_a_template_names_is_fetched_from_outside(tmp_path, settings, address, tag):
    template = _template(tmp_path, settings, tag.format(address))

    with pytest.raises(OutsideReference):
        print_pdf(template, {})
