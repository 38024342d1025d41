"""A bank: what it books on the operator's account, and the camt.053 files in which it tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from xml.sax.saxutils import escape, quoteattr

ACCOUNT = "LT121000011101001000"  # the operator's, in development
PAYER = "LT600010000000000123"
OTHER_ACCOUNT = "LT947300010000000456"
_references = count(1)


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One entry; `parts` are the single payments of a batch, which then has their sum."""

    amount: Decimal
    on: date
    bank_reference: str
    reference: str = ""
    text: str = ""
    payer: str = "Acme"
    payer_account: str = PAYER
    currency: str = "EUR"
    out: bool = False
    returned: bool = False
    status: str = "BOOK"
    parts: tuple[Booked, ...] = ()

    @property
    def signed(self) -> Decimal:
        return -self.amount if self.out else self.amount


def booked(amount: str, on: date, *, reference: str = "", text: str = "", **more: object) -> Booked:
    """A payment that came in, with a reference of the bank's own unless one is given."""
    given = {"bank_reference": f"B{next(_references):09}", **more}
    return Booked(amount=Decimal(amount), on=on, reference=reference, text=text, **given)  # type: ignore[arg-type]  # named in the class


def batch(parts: Sequence[Booked], *, bank_reference: str = "") -> Booked:
    """Several payments that the bank books as one entry."""
    total = sum((part.amount for part in parts), Decimal("0.00"))
    return Booked(
        amount=total, on=parts[0].on, bank_reference=bank_reference or f"B{next(_references):09}", parts=tuple(parts)
    )


def camt(
    entries: Iterable[Booked], *, account: str = ACCOUNT, version: str = "02", balances: bool = True, closing: str = ""
) -> bytes:
    """The statement over `entries`; `closing` is a balance that does not follow from them."""
    rows = list(entries)
    total = sum((row.signed for row in rows if row.status == "BOOK" and row.currency == "EUR"), Decimal("1000.00"))
    told = _balance("OPBD", Decimal("1000.00")) + _balance("CLBD", Decimal(closing) if closing else total)
    body = "".join(_entry(row, int(version) >= 8) for row in rows)
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId>'
        f"</GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>{told if balances else ''}{body}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def rf_reference(text: str) -> str:
    """The creditor reference (ISO 11649) of a text of letters and digits."""
    body = "".join(sign for sign in text.upper() if sign.isalnum())
    number = "".join(str(int(sign, 36)) for sign in body + "RF00")
    return f"RF{98 - int(number) % 97:02}{body}"


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><Document>&j;</Document>"
).encode()


def with_outside_entity(path: str) -> bytes:
    """A statement that asks its reader to put a file into it (XXE)."""
    asked = f"<!DOCTYPE Document [<!ENTITY secret SYSTEM {quoteattr(path)}>]><Document "
    told = camt([booked("1.00", date(2026, 11, 2), text="SECRET")])
    return told.replace(b"<Document ", asked.encode()).replace(b"SECRET", b"&secret;")


def _balance(kind: str, amount: Decimal) -> str:
    sign = "DBIT" if amount < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{abs(amount)}</Amt>"
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2026-11-02</Dt></Dt></Bal>"
    )


def _entry(row: Booked, newer: bool) -> str:
    status = f"<Cd>{row.status}</Cd>" if newer else row.status
    own = f"<AcctSvcrRef>{row.bank_reference}</AcctSvcrRef>" if row.bank_reference else ""
    details = "".join(_details(part, newer) for part in row.parts or (row,))
    return (
        f"<Ntry><Amt Ccy='{row.currency}'>{row.amount}</Amt><CdtDbtInd>{'DBIT' if row.out else 'CRDT'}</CdtDbtInd>"
        f"<RvslInd>{str(row.returned).lower()}</RvslInd><Sts>{status}</Sts><BookgDt><Dt>{row.on}</Dt></BookgDt>"
        f"<ValDt><Dt>{row.on}</Dt></ValDt>{own}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def _details(row: Booked, newer: bool) -> str:
    name = f"<Nm>{escape(row.payer)}</Nm>"
    party = f"<Pty>{name}</Pty>" if newer else name
    structured = f"<Strd><CdtrRefInf><Ref>{row.reference}</Ref></CdtrRefInf></Strd>" if row.reference else ""
    free = f"<Ustrd>{escape(row.text)}</Ustrd>" if row.text else ""
    amount = f"<Amt Ccy='{row.currency}'>{row.amount}</Amt>"
    told = amount if newer else f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"
    returned = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" if row.returned else ""
    return (
        f"<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{told}<RltdPties><Dbtr>{party}</Dbtr><DbtrAcct><Id>"
        f"<IBAN>{row.payer_account}</IBAN></Id></DbtrAcct></RltdPties><RmtInf>{free}{structured}</RmtInf>{returned}</TxDtls>"
    )
