"""How a customer goes: the steps that every rule shares which takes a whole customer (D3, C8, C9).

Every step may be killed anywhere, done again, and done by two at once. After the first nothing of the customer's
content can be read any more, in no backup either; the others clear away what is unreadable, and what was never
encrypted. All of them go by `item.customer_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from accounts.actions.close_customer import close_customer
from accounts.actions.delete_account_rows import delete_account_rows
from accounts.actions.end_cases import end_cases
from accounts.actions.forget_person import PersonStays, forget_person
from accounts.actions.mail_receipt_link import mail_receipt_link
from accounts.actions.note_erasure_done import note_erasure_done
from accounts.queries.erasures import people_of_no_other, rows_left, schema_of
from billing.actions.charge_saved_card import NoSavedCard
from billing.actions.delete_wishes import delete_wishes
from billing.actions.remove_card import remove_card
from billing.queries.wishes import wishes_left
from kernel import vault
from kernel.actor import Actor
from kernel.tenancy.removal import drop_schema, schema_exists
from kernel.traces import forget_traces, traces_left
from privacy.actions._retention import Step
from privacy.models import RetentionItem
from privacy.queries.receipts import receipt_link
from privacy.rules.receipts import LINK_DAYS, added_up
from trust.actions.destroy_customer_keys import destroy_customer_keys
from trust.queries.customer_keys import customer_keys_left

_ACTOR = Actor.system("privacy.erase_customer")
# The last invoice is made, sealed and delivered whatever becomes of the rest.
_BOOKKEEPING = ("billing.", "sealing.seal_invoice")


def close(item: RetentionItem, now: datetime) -> bool:
    """Shut the customer in the transaction that acts: nobody, no program and no job gets in any more.

    True once it is closed, also when it was before. The caller has looked whether it is due.
    """
    return close_customer(actor=_ACTOR, customer_id=item.customer_id, now=now)


def left_of_customer(customer_id: str) -> Mapping[str, int]:
    """What of the customer is still there and should not be, by name: empty when the erasure is complete.

    Raises the outages of HSM and storage: nobody knows then.
    """
    schema = schema_of(customer_id)
    found = {
        "customer_keys": int(vault.has_key(customer_id)),
        "seal_keys": customer_keys_left(customer_id),
        "objects": vault.objects_left(customer_id),
        "schemas": int(schema is not None and schema_exists(schema)),
        **rows_left(customer_id),
        **wishes_left(customer_id),
        **traces_left(customer_id, carried_on=_BOOKKEEPING),
    }
    return {name: count for name, count in found.items() if count}


def _destroy_key(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    return {"customer_keys": vault.destroy_key(item.customer_id)}


def _destroy_seal_keys(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    return destroy_customer_keys(actor=_ACTOR, customer_id=item.customer_id, now=now)


def _delete_objects(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    return {"objects": vault.delete_objects(item.customer_id)}


def _drop_schema(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    schema = schema_of(item.customer_id)
    return {"tables": drop_schema(schema) if schema else 0}


def _tell_owners(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    return mail_receipt_link(actor=_ACTOR, customer_id=item.customer_id, link=receipt_link(item.id), days=LINK_DAYS)


def _forget_people(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    """Those who belong to no other customer. Before the memberships go, by which they are found.

    Somebody who becomes a member elsewhere at this moment stays; whom a kill leaves behind without any membership, the
    course of people finds.
    """
    counts: dict[str, int] = {}
    for person_id in people_of_no_other(item.customer_id):
        with suppress(PersonStays):
            gone = forget_person(person_id=person_id, actor=_ACTOR, now=now)
            counts = added_up(counts, {"people": int(bool(gone))})
    return counts


def _end_affairs(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    """Nothing is charged to a card any more, and no case waits for staff: nobody is there to take either back."""
    cards = 0
    with suppress(NoSavedCard):
        remove_card(actor=Actor.system(_ACTOR.id, customer_id=item.customer_id), now=now)
        cards = 1
    return {"saved_cards": cards, "cases": end_cases(actor=_ACTOR, customer_id=item.customer_id, now=now)}


def _delete_rows(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    found = delete_account_rows(actor=_ACTOR, customer_id=item.customer_id)
    return {**found, **delete_wishes(actor=_ACTOR, customer_id=item.customer_id)}


def _forget_traces(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    return forget_traces(item.customer_id, carried_on=_BOOKKEEPING)


def _note(item: RetentionItem, now: datetime) -> Mapping[str, int]:
    """Only what is true is written down: while anything is left the engine comes back."""
    if not left_of_customer(item.customer_id):
        note_erasure_done(actor=_ACTOR, customer_id=item.customer_id, now=now)
    return {}


CUSTOMER_STEPS: tuple[Step, ...] = (
    Step(name="destroy_key", words="The customer's key in the hardware security module", act=_destroy_key),
    Step(name="destroy_seal_keys", words="The keys of its seals", act=_destroy_seal_keys),
    Step(name="delete_objects", words="Documents and sealed files", act=_delete_objects),
    Step(name="drop_schema", words="The tables of its documents", act=_drop_schema),
    Step(name="tell_owners", words="The mail that tells its owners where the receipt will be", act=_tell_owners),
    Step(name="forget_people", words="People who belonged to no other customer", act=_forget_people),
    Step(name="end_affairs", words="Saved cards are forgotten and open cases ended", act=_end_affairs),
    Step(name="delete_rows", words="Members, invitations, tokens, webhooks and settings", act=_delete_rows),
    Step(name="forget_traces", words="Events, jobs and names of requests", act=_forget_traces),
    Step(name="note_done", words="The erasure itself is written down", act=_note),
)
