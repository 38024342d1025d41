"""Reads account statements of a bank: camt.053 of ISO 20022, versions 001.02 to 001.14, whatever their namespace.

The file is foreign: no DTD, no entities, no network, bounded size. What cannot be read is refused whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from billing.rules.epc import plain

MAX_BYTES = 20 * 1024 * 1024
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,5})?")
_ZERO = Decimal("0.00")
_CURRENCY = "EUR"


class Malformed(Exception):
    """No camt.053 statement: `why` is a sentence in English for staff."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One booked movement on the account, in EUR: a single payment, also where the bank books several as one.

    `amount` is positive for money in and negative for money out. `returned` tells that it takes an earlier movement
    back. `key` names it in every statement that has it: account, bank's reference, day, place in the entry, amount,
    sign, and how many like it stood before it. `value_on` is the value date.
    """

    key: str
    amount: Decimal
    returned: bool
    booked_on: date
    value_on: date
    payer_name: str
    payer_account: str
    reference: str
    remittance: str


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """An entry that is not taken over: `reason` is `currency`; `amount` as the bank wrote it."""

    reason: str
    amount: Decimal
    currency: str
    booked_on: date
    remittance: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """All statements of a file, which are of one account (IBAN without spaces)."""

    account: str
    first_on: date | None
    last_on: date | None
    movements: tuple[Movement, ...]
    unfit: tuple[Unfit, ...]


def read_camt053(content: bytes) -> Statement:
    """What a camt.053 file says is booked; pending entries are left out, they come again. Raises `Malformed`."""
    found = [_statement(element) for element in _statements(content)]
    accounts = {account for account, _movements, _unfit in found}
    if len(accounts) != 1:
        raise Malformed("The file has statements of several accounts.")
    movements = [movement for _account, listed, _unfit in found for movement in listed]
    unfit = [entry for _account, _movements, listed in found for entry in listed]
    days = [movement.booked_on for movement in movements] + [entry.booked_on for entry in unfit]
    unique = {movement.key: movement for movement in movements}
    return Statement(
        account=accounts.pop(),
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        movements=tuple(unique.values()),
        unfit=tuple(unfit),
    )


def _statements(content: bytes) -> list[Any]:
    if len(content) > MAX_BYTES:
        raise Malformed(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("This is no well-formed XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("The file has a document type, which no statement of a bank has.")
    found: list[Any] = root.findall(_path("BkToCstmrStmt/Stmt"))
    if not found:
        raise Malformed("This is no account statement in the format camt.053.")
    return found


def _statement(element: Any) -> tuple[str, list[Movement], list[Unfit]]:
    account = plain(_text(element, "Acct/Id/IBAN"))
    if not account:
        raise Malformed("A statement does not say of which account (IBAN) it is.")
    seen: Counter[str] = Counter()
    movements: list[Movement] = []
    unfit: list[Unfit] = []
    for entry in element.findall(_path("Ntry")):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) != "BOOK":
            continue
        if (currency := _currency(entry)) != _CURRENCY:
            unfit.append(_unfit(entry, currency))
            continue
        for movement in _movements(entry, account):
            seen[movement.key] += 1
            movements.append(replace(movement, key=f"{movement.key}:{seen[movement.key]}"))
    if not unfit:
        _check_sum(element, movements)
    return account, [movement for movement in movements if movement.amount], unfit


def _check_sum(element: Any, movements: list[Movement]) -> None:
    """What was there before and what was booked must make what is there now, where the bank tells both."""
    balances: dict[str, Decimal] = {}
    for balance in element.findall(_path("Bal")):
        if _currency(balance) == _CURRENCY:
            balances[_text(balance, "Tp/CdOrPrtry/Cd")] = _amount(balance) * _sign(balance)
    if {"OPBD", "CLBD"} <= balances.keys():
        total = sum((movement.amount for movement in movements), balances["OPBD"])
        if total != balances["CLBD"]:
            raise Malformed("The entries of a statement do not add up to its balances: something is missing in it.")


def _movements(entry: Any, account: str) -> Iterator[Movement]:
    """The payments in an entry; the entry itself where the bank tells no more, or where they do not make its amount."""
    total = _amount(entry) * _sign(entry)
    details = entry.findall(_path("NtryDtls/TxDtls"))
    amounts = [_amount_of_detail(detail, entry) for detail in details]
    if len(details) == 1:
        amounts = [total]
    if not details or None in amounts or sum((amount or _ZERO for amount in amounts), _ZERO) != total:
        details, amounts = details[:1] or [entry], [total]
    for place, (detail, amount) in enumerate(zip(details, amounts, strict=True)):
        yield _movement(entry, detail, account=account, place=place, amount=amount or _ZERO)


def _movement(entry: Any, detail: Any, *, account: str, place: int, amount: Decimal) -> Movement:
    booked_on = _date(entry, "BookgDt")
    name, payer = _payer(detail, account)
    reference, remittance = _remittance(detail)
    told = _text(entry, "AcctSvcrRef"), _text(detail, "Refs/AcctSvcrRef")
    bank_reference = "/".join(part for part in told if part) or "/".join(
        ["-", _text(detail, "Refs/TxId"), _text(detail, "Refs/EndToEndId"), payer]
    )
    key = f"{account}:{bank_reference[:100]}:{booked_on.isoformat()}:{place}:{amount:+.2f}"
    reversal = _text(entry, "RvslInd").lower() in {"true", "1"}
    return Movement(
        key=key,
        amount=amount,
        returned=reversal or detail.find(_path("RtrInf")) is not None,
        booked_on=booked_on,
        value_on=_date(entry, "ValDt", default=booked_on),
        payer_name=name[:200],
        payer_account=payer[:34],
        reference=reference,
        remittance=remittance[:500],
    )


def _payer(detail: Any, account: str) -> tuple[str, str]:
    """Name and account of the other side, which banks tell as debtor, or as creditor of what is sent back."""
    sides = []
    for side in ("Dbtr", "Cdtr"):
        name = _text(detail, f"RltdPties/{side}/Nm") or _text(detail, f"RltdPties/{side}/Pty/Nm")
        number = _text(detail, f"RltdPties/{side}Acct/Id/IBAN") or _text(detail, f"RltdPties/{side}Acct/Id/Othr/Id")
        sides.append((name, plain(number)))
    debtor, creditor = sides
    return creditor if debtor[1] == account else debtor


def _remittance(detail: Any) -> tuple[str, str]:
    """The creditor reference, and everything else that says what the payment is for."""
    references = _texts(detail, "RmtInf/Strd/CdtrRefInf/Ref")
    words = [
        *_texts(detail, "RmtInf/Ustrd"),
        *_texts(detail, "RmtInf/Strd/RfrdDocInf/Nb"),
        *_texts(detail, "RmtInf/Strd/AddtlRmtInf"),
        *references[1:],
    ]
    return (references[0][:35] if references else ""), " ".join(words)


def _unfit(entry: Any, currency: str) -> Unfit:
    _reference, remittance = (
        _remittance(found) if (found := entry.find(_path("NtryDtls/TxDtls"))) is not None else ("", "")
    )
    return Unfit(
        reason="currency",
        amount=_amount(entry) * _sign(entry),
        currency=currency[:3],
        booked_on=_date(entry, "BookgDt"),
        remittance=remittance[:500],
    )


def _amount_of_detail(detail: Any, entry: Any) -> Decimal | None:
    """The amount of one payment of several, in the account's currency; None where it is not told in it."""
    holder = next((found for path in (".", "AmtDtls/TxAmt") if (found := _at(detail, path)) is not None), None)
    if holder is None or _currency(holder) != _CURRENCY:
        return None
    return _amount(holder) * _sign(detail if detail.find(_path("CdtDbtInd")) is not None else entry)


def _at(detail: Any, path: str) -> Any:
    """The element that has an amount of its own, at `path`."""
    found = detail if path == "." else detail.find(_path(path))
    return found if found is not None and found.find(_path("Amt")) is not None else None


def _amount(element: Any) -> Decimal:
    told = _text(element, "Amt")
    if not _AMOUNT.fullmatch(told):
        raise Malformed("An amount is missing or is no number.")
    amount = Decimal(told)
    if amount != amount.quantize(_ZERO):
        raise Malformed("An amount has parts of a cent.")
    return amount.quantize(_ZERO)


def _currency(element: Any) -> str:
    amount = element.find(_path("Amt"))
    return "" if amount is None else str(amount.get("Ccy", ""))


def _sign(element: Any) -> int:
    signs = {"CRDT": 1, "DBIT": -1}
    told = _text(element, "CdtDbtInd")
    if told not in signs:
        raise Malformed("An entry does not say whether money came in or went out.")
    return signs[told]


def _date(element: Any, name: str, *, default: date | None = None) -> date:
    told = _text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm")
    if not told and default is not None:
        return default
    try:
        return date.fromisoformat(told[:10])
    except ValueError as error:
        raise Malformed("A date is missing or is none.") from error


def _text(element: Any, path: str) -> str:
    return " ".join((element.findtext(_path(path)) or "").split())


def _texts(element: Any, path: str) -> list[str]:
    found = (" ".join((each.text or "").split()) for each in element.findall(_path(path)))
    return [text for text in found if text]


def _path(path: str) -> str:
    """A path of local names, in any namespace."""
    return "/".join(f"{{*}}{name}" for name in path.split("/"))
