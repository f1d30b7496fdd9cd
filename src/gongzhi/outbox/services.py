"""
Writing to people (发消息), in the transaction of the deed that has something to tell.

What is told goes out only when that transaction has ended; what does not end never told anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from gongzhi.accounts.models import User
from gongzhi.audit import services as audit
from gongzhi.directory.models import Person
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import require_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.messages import Channel, Kind, kinds
from gongzhi.shared.permissions import Actor
from gongzhi.shared.personal import without_id_numbers
from gongzhi.shared.refusals import Refused
from gongzhi.shared.sealed import fingerprint

from . import posting, queries, rules
from .models import Choice, Delivery, Message

State = Delivery.State
To = User | Person | str
AT_ONCE = 500  # how many deliveries one tick of the worker takes up


class NothingToTryAgain(Refused):
    code = "outbox.nothing-to-try-again"
    message = "这一条现在是“{state}”，不用再发。请回到列表看最新的情况。"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """
    What came of telling many (发给了谁): the messages written, and whom no way leads to.

    Messages that go out of the house carry their number; those that are only read in it are not fetched again.
    """

    messages: list[Message] = field(default_factory=list)
    unreached: list[To] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Ways:
    """
    By which ways each of some people hears of one kind of thing (怎么告诉得到).

    A deed on a busy row asks for them before it holds the row, so that nobody waits for these questions.
    """

    kind: Kind
    channels: Mapping[_Recipient, tuple[Channel, ...]]
    unreached: list[To] = field(default_factory=list)


def ways_to(to: Iterable[To], kind: Kind) -> Ways:
    """
    Find out by which ways these people hear of *kind*, as each of them chose; see `Ways`.

    :raises BadValue: a bare phone is no mobile number.
    """
    recipients, unreached = _recipients(list(to))
    choices = queries.choices_of({r.holder for r in recipients if r.holder}, kind)
    open_ = queries.open_channels()
    channels = {
        r: tuple(c for c in open_ if _leads(r, c) and queries.wants(kind, c, r.holder, choices))
        for r in recipients
    }
    return Ways(kind=kind, channels=channels, unreached=unreached)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Recipient:
    ident: str
    user: User | None
    phone: Any
    phone_key: str
    holder: int | None  # whose choices hold: the account itself, or the one that holds the phone


def send(
    *,
    by: Actor,
    to: To | Ways,
    kind: Kind,
    words: Mapping[str, object],
    now: datetime,
    about: str = "",
    key: str = "",
    at: datetime | None = None,
) -> Message | None:
    """
    Tell one person something (发一条消息); None when no way leads to them, or they want none.

    `to` is an account, a person (told by their account, else by their phone), a bare phone, or the ways to one
    of them that `ways_to` found. `about` is the address
    of the record in this house. The same `key` to the same person is told once. `at` makes it a reminder that goes
    out when its time comes, unless it is called off.

    :raises BadValue: a bare phone is no mobile number.
    """
    ways = to if isinstance(to, Ways) else ways_to([to], kind)
    messages = _write(ways, words=words, now=now, about=about, key=key, at=at)
    return messages[0] if messages else None


def remind(
    *,
    by: Actor,
    to: To,
    kind: Kind,
    words: Mapping[str, object],
    at: datetime,
    key: str,
    now: datetime,
    about: str = "",
) -> Message | None:
    """
    Tell one person something when its time comes (提醒): a message with a key, so that it can be called off.

    :raises BadValue: a bare phone is no mobile number.
    """
    return send(by=by, to=to, kind=kind, words=words, now=now, about=about, key=key, at=at)


@transaction.atomic
def send_to_many(
    *,
    by: Actor,
    to: Iterable[To],
    kind: Kind,
    words: Mapping[str, object],
    now: datetime,
    about: str = "",
    key: str = "",
    at: datetime | None = None,
) -> Sent:
    """
    Tell many people the same thing in as many queries as one (发给多人); see `send`.

    :raises BadValue: a bare phone is no mobile number.
    """
    ways = ways_to(to, kind)
    messages = _write(ways, words=words, now=now, about=about, key=key, at=at)
    return Sent(messages=messages, unreached=ways.unreached)


def _write(
    ways: Ways,
    *,
    words: Mapping[str, object],
    now: datetime,
    about: str,
    key: str,
    at: datetime | None,
) -> list[Message]:
    """Write a message to each who is reached, and its deliveries; the house's own page needs none."""
    if about and (not about.startswith("/") or about.startswith("//")):
        raise ValueError("a message is about a page of this house")
    kind, wanted = ways.kind, {r: found for r, found in ways.channels.items() if found}
    if not wanted:
        return []
    said = {name: without_id_numbers(str(value)) for name, value in words.items()}
    title, body = kind.written(said)
    due, key = at or now, key or uuid4().hex
    rows = {
        f"{key}:{r.ident}": Message(
            key=f"{key}:{r.ident}",
            kind=kind.key,
            user=r.user,
            phone="" if r.user else r.phone,
            phone_key="" if r.user else r.phone_key,
            title=title[:120],
            body=body[:1000],
            words=said,
            about=about,
            in_app=Channel.IN_APP in found,
            written_at=now,
            due_at=due,
        )
        for r, found in wanted.items()
    }
    outward = {
        f"{key}:{r.ident}": out
        for r, found in wanted.items()
        if (out := [c for c in found if c != Channel.IN_APP])
    }
    # A fault of the database ends the caller's transaction: there is nothing to save by a savepoint.
    with transaction.atomic(savepoint=False):
        # Whoever comes second with the same keys finds them taken and writes nothing.
        Message.objects.bulk_create(rows.values(), ignore_conflicts=True, batch_size=500)
        if outward:
            rows |= {m.key: m for m in _with_keys(outward)}
            _send_out(kind, [rows[k] for k in outward], outward, now)
    return list(rows.values())


def _send_out(
    kind: Kind, messages: list[Message], channels: Mapping[str, Sequence[Channel]], now: datetime
) -> None:
    """Write the deliveries of messages that go out of the house; when all is done, those due now are carried."""
    Delivery.objects.bulk_create(
        (
            Delivery(
                message=m,
                channel=c,
                not_before=posting.rests_until(kind, c, max(m.due_at, now)),
            )
            for m in messages
            if m.written_at == now
            for c in channels[m.key]
        ),
        ignore_conflicts=True,
        batch_size=500,
    )
    pks = [
        pk
        for some in _pieces([m.pk for m in messages])
        for pk in Delivery.objects.filter(
            message__in=some, state=State.WAITING, not_before__lte=now
        ).values_list("pk", flat=True)
    ]
    if pks:
        transaction.on_commit(partial(posting.enqueue, pks))


def _pieces(values: list[Any], size: int = 500) -> Iterable[list[Any]]:
    return (values[i : i + size] for i in range(0, len(values), size))


def _with_keys(keys: Iterable[str]) -> Iterable[Message]:
    for some in _pieces(list(keys)):
        yield from Message.objects.filter(key__in=some).order_by("pk")


def _leads(recipient: _Recipient, channel: Channel) -> bool:
    """Tell whether a channel leads to somebody: the house to an account, mail to an address, others to a phone."""
    if channel == Channel.IN_APP:
        return recipient.user is not None
    if channel == Channel.MAIL:
        return bool(recipient.user and recipient.user.email)
    return bool(recipient.phone_key)


def _recipients(to: list[To]) -> tuple[list[_Recipient], list[To]]:
    """Find out by which account or phone each is told, each once; and whom nothing leads to."""
    heads = {p.standing_id for p in to if isinstance(p, Person)}
    accounts: dict[int, User] = {}
    people: dict[int, Person] = {}
    if heads:
        # Two look-ups by an index each: one condition over both tables would read every account.
        records = Person.objects.filter(Q(pk__in=heads) | Q(merged_into__in=heads))
        found = (
            User.objects.filter(person__in=records.values("pk"), is_active=True)
            .select_related("person")
            .only("is_active", "email", "phone_key", "person__merged_into")
        )
        accounts = {u.person.standing_id: u for u in found.order_by("-pk") if u.person}
        if without := heads - set(accounts):
            rows = Person.objects.filter(pk__in=without)
            people = {p.pk: p for p in rows.only("phone", "phone_key", "erased_at")}
    bare = {t: require_phone(t) for t in to if isinstance(t, str)}
    keys = {p.phone_key for p in people.values() if p.phone_key}
    keys |= {fingerprint(phone) for phone in bare.values()}
    holders: dict[str, int] = (
        dict(User.objects.filter(phone_key__in=keys).values_list("phone_key", "pk")) if keys else {}
    )
    recipients: dict[str, _Recipient] = {}
    unreached: list[To] = []
    for one in to:
        user = one if isinstance(one, User) else None
        phone: Any = ""
        phone_key = ""
        if isinstance(one, Person):
            user = accounts.get(one.standing_id)
            if user is None and (person := people.get(one.standing_id)) and not person.erased_at:
                phone, phone_key = person.phone, person.phone_key
        elif isinstance(one, str):
            phone, phone_key = bare[one], fingerprint(bare[one])
        if user is not None and user.is_active:
            ident, phone_key, holder = f"u{user.pk}", user.phone_key, user.pk
        elif phone_key:
            ident, holder = f"p{phone_key}", holders.get(phone_key)  # type: ignore[assignment]
            user = None
        else:
            unreached.append(one)
            continue
        recipients[ident] = _Recipient(
            ident=ident, user=user, phone=phone, phone_key=phone_key, holder=holder
        )
    return list(recipients.values()), unreached


@transaction.atomic
def call_off(*, by: Actor, key: str, now: datetime, to: To | None = None) -> int:
    """
    Call off what has been written under *key* and has not gone out yet, to one or to all; return how many (撤回提醒).

    :raises BadValue: a bare phone is no mobile number.
    """
    waiting = Message.objects.filter(
        key__startswith=f"{key}:", due_at__gt=now, called_off_at__isnull=True
    )
    if to is not None:
        recipients, _ = _recipients([to])
        waiting = waiting.filter(key__in=[f"{key}:{r.ident}" for r in recipients])
    pks = list(waiting.select_for_update().values_list("pk", flat=True))
    Delivery.objects.filter(message__in=pks, state=State.WAITING).update(
        state=State.CALLED_OFF, done_at=now
    )
    return Message.objects.filter(pk__in=pks).update(called_off_at=now)


@transaction.atomic
def see(*, by: Actor, messages: Iterable[Message], now: datetime) -> int:
    """
    Note that *by* has seen these messages of theirs, and return how many were new (看过了).

    :raises PermissionDenied: *by* has no account.
    """
    rules.require_own(by)
    pks = [m.pk for m in messages if m.seen_at is None]
    if not pks:
        return 0
    return queries.unseen(by, now).filter(pk__in=pks).update(seen_at=now)


@transaction.atomic
def choose(*, by: Actor, wanted: Iterable[str], now: datetime) -> int:
    """
    Take down what *by* wants to get (消息设置): `wanted` are the ticks that stand, `kind:channel`; return what changed.

    What is as usual leaves no row, so that a kind which changes its usual ways later changes for them too.

    :raises PermissionDenied: *by* has no account.
    """
    rules.require_own(by)
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk or 0)
    ticked = set(wanted)
    chosen = {(c.kind, c.channel): c for c in Choice.objects.filter(user=user)}
    changes: dict[str, list[str]] = {}
    for kind in kinds().values():
        for channel in queries.open_channels():
            if not queries.may_move(kind, channel):
                continue
            usual = channel in kind.channels
            kept = chosen.get((kind.key, channel))
            before = kept.wanted if kept else usual
            after = f"{kind.key}:{channel}" in ticked
            if before == after:
                continue
            changes[f"{kind.label}（{channel.label}）"] = [
                "收" if before else "不收",
                "收" if after else "不收",
            ]
            if after == usual and kept:
                kept.delete()
            else:
                Choice.objects.update_or_create(
                    user=user, kind=kind.key, channel=channel, defaults={"wanted": after}
                )
    if changes:
        audit.record(by, "outbox.chosen", changes=changes, subject=user.person_id, now=now)
    return len(changes)


@transaction.atomic
def try_again(*, by: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """
    Let a delivery that failed go once more, with all its tries (再发一次).

    :raises PermissionDenied: *by* does not keep the ways out.
    :raises NothingToTryAgain: it did not fail.
    """
    rules.require_deliveries(by)
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if delivery.state != State.FAILED:
        raise NothingToTryAgain(state=delivery.get_state_display())
    delivery.state, delivery.tries, delivery.done_at = State.WAITING, 0, None
    delivery.not_before, delivery.error = now, ""
    delivery.save(update_fields=["state", "tries", "done_at", "not_before", "error"])
    audit.record(
        by, "outbox.tried-again", delivery, changes={"状态": ["没发出去", "等着发"]}, now=now
    )
    transaction.on_commit(partial(posting.enqueue, [delivery.pk]))
    return delivery


@transaction.atomic
def send_due(*, by: Actor, now: datetime) -> int:
    """
    Take up what is due (到点的发出去): reminders, next tries, and what a dead worker left; return how many.

    Run each minute by the worker.

    :raises PermissionDenied: *by* is a person.
    """
    rules.require_house(by)
    stale = Delivery.objects.filter(
        state=State.SENDING, claimed_at__lt=now - queries.STALE_AFTER
    ).order_by("pk")
    for delivery in stale[:AT_ONCE]:
        posting.failed_try(delivery, now, "发到一半停了")
    due = Delivery.objects.filter(state=State.WAITING, not_before__lte=now)
    pks = list(due.order_by("not_before", "pk").values_list("pk", flat=True)[:AT_ONCE])
    if pks:
        transaction.on_commit(partial(posting.enqueue, pks))
    return len(pks)


@transaction.atomic
def forget_old(*, by: Actor, now: datetime) -> int:
    """
    Forget messages older than the dated rule says, with the phones they went to; return how many (清理旧消息).

    A message is a copy of what the records say: nothing is lost with it.

    :raises PermissionDenied: *by* is a person.
    """
    rules.require_house(by)
    since = now - timedelta(days=rule("outbox.keep-days", today(now)).number)
    old = list(Message.objects.filter(due_at__lt=since).values_list("pk", flat=True)[:5000])
    Delivery.objects.filter(message__in=old).delete()
    Message.objects.filter(pk__in=old).delete()
    if old:
        audit.record(by, "outbox.old-forgotten", changes={"条数": ["", len(old)]}, now=now)
    return len(old)
