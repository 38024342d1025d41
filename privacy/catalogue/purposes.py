"""Why data are kept: every purpose with its legal basis and who gets the data. The operator's role is clause D9."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Purpose, Role

PURPOSES: tuple[Purpose, ...] = (
    Purpose(
        key="account",
        words=_("To let people sign in and to give them what their role allows"),
        role=Role.CONTROLLER,
        basis="6 (1) (b), 6 (1) (f)",
        ground=_("The contract with the customer, and its and our interest that only the right people come in"),
        recipients=_("The administrators of the customer that a person belongs to"),
    ),
    Purpose(
        key="contract",
        words=_("To conclude the contract with the customer, keep it, end it and tell what it demands to be told"),
        role=Role.CONTROLLER,
        basis="6 (1) (b), 6 (1) (c)",
        ground=_("The contract, and the laws on bookkeeping and on proving what was agreed"),
        recipients=_("The administrators of the customer, and a certificate authority where a certificate is ordered"),
    ),
    Purpose(
        key="billing",
        words=_("To count what is used, to invoice it and to receive payment"),
        role=Role.CONTROLLER,
        basis="6 (1) (b), 6 (1) (c)",
        ground=_("The contract, and the laws on bookkeeping and taxes"),
        recipients=_("Our bank and the company that takes card payments; tax authorities where the law demands it"),
    ),
    Purpose(
        key="sealing",
        words=_("To seal, keep, share, archive and verify documents as the customer says"),
        role=Role.PROCESSOR,
        basis="28 (3)",
        ground=_("The data processing agreement; the legal basis is the customer's own, who is the controller"),
        recipients=_("Those with whom the customer shares; timestamp authorities get a digest, never a document"),
    ),
    Purpose(
        key="certificates",
        words=_("To order certificates, make their keys under witness and prove who did what"),
        role=Role.CONTROLLER,
        basis="6 (1) (b), 6 (1) (c)",
        ground=_("The contract, and Article 24 of Regulation (EU) No 910/2014"),
        recipients=_("The certificate authority"),
    ),
    Purpose(
        key="accountability",
        words=_("To prove afterwards who did what, to customers and to ourselves"),
        role=Role.CONTROLLER,
        basis="6 (1) (c), 6 (1) (f)",
        ground=_("The duty to be able to prove that data are safe (Articles 5 (2) and 32), and our interest in it"),
        recipients=_("The administrators and auditors of the customer"),
    ),
    Purpose(
        key="security",
        words=_("To keep attackers out, find faults and keep the service running"),
        role=Role.CONTROLLER,
        basis="6 (1) (f)",
        ground=_("Our and our customers' interest in a service that is safe and works (Recital 49)"),
    ),
    Purpose(
        key="preferences",
        words=_("To remember what somebody chose: language, and what they consented to"),
        role=Role.CONTROLLER,
        basis="6 (1) (a), 7 (1)",
        ground=_("Consent, and the duty to prove it"),
    ),
    Purpose(
        key="rights",
        words=_("To answer requests about personal data, erase what has to go and prove both"),
        role=Role.CONTROLLER,
        basis="6 (1) (c)",
        ground=_("Articles 12 to 22 of the GDPR"),
        recipients=_("A supervisory authority that asks"),
    ),
    Purpose(
        key="contact",
        words=_("To answer what somebody writes to us"),
        role=Role.CONTROLLER,
        basis="6 (1) (a)",
        ground=_("Consent, given by sending the form"),
    ),
    Purpose(
        key="operation",
        words=_("To run the service; nothing in it is about anybody"),
        role=Role.CONTROLLER,
        basis="",
        ground=_("No personal data"),
    ),
)

PURPOSE = {purpose.key: purpose for purpose in PURPOSES}
