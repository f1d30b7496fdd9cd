"""Messages of one person, what they want to get, and how the ways out stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from gongzhi.accounts.models import User
from gongzhi.shared import gateways
from gongzhi.shared.codes import mask_phone
from gongzhi.shared.messages import Channel, Kind, kinds
from gongzhi.shared.permissions import Actor

from .models import Choice, Delivery, Message

PAGE = 20
# Whatever took longer than this to send died on the way and is tried again.
STALE_AFTER = timedelta(minutes=10)


def messages_of(by: Actor, now: datetime) -> QuerySet[Message]:
    """Return what *by* may read in the house (我的消息), newest first."""
    return Message.objects.filter(
        user_id=by.pk or 0, in_app=True, due_at__lte=now, called_off_at__isnull=True
    ).order_by("-due_at", "-pk")


def unseen(by: Actor, now: datetime) -> QuerySet[Message]:
    """Return what *by* has not seen yet (没看过的)."""
    return messages_of(by, now).filter(seen_at__isnull=True)


def unseen_count(by: Actor, now: datetime) -> int:
    """Return how many messages *by* has not seen yet."""
    return unseen(by, now).order_by().count() if by.pk is not None else 0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One message as the page shows it: `reason` says why it came."""

    message: Message
    kind: str
    label: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some messages and the key of the page after them, empty at the end (一页)."""

    rows: list[Shown]
    next: str


def page_of(by: Actor, now: datetime, *, after: str = "") -> Page:
    """Return a page of messages, newest first, after the key *after*."""
    found = messages_of(by, now)
    when, _, pk = after.rpartition("~")
    if pk.isdecimal() and (moment := _moment(when)):
        later = found.filter(due_at__lt=moment) | found.filter(due_at=moment, pk__lt=int(pk[:18]))
        found = later.order_by("-due_at", "-pk")
    rows = list(found[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(
        rows=[_shown(m) for m in rows[:PAGE]],
        next=f"{last.due_at.isoformat()}~{last.pk}" if last else "",
    )


def _shown(message: Message) -> Shown:
    kind = kinds().get(message.kind)
    return Shown(
        message=message,
        kind=message.kind if kind and kind.may_switch_off else "",
        label=kind.label if kind else "",
        reason=kind.reason if kind else "",
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


# -- what people want ------------------------------------------------------------------------------

Choices = Mapping[tuple[int, str], bool]


def choices_of(users: Iterable[int], kind: Kind) -> Choices:
    """Return what these accounts chose for one kind, by (account, channel)."""
    rows = Choice.objects.filter(user__in=users, kind=kind.key)
    return {(c.user_id, c.channel): c.wanted for c in rows}


def wants(kind: Kind, channel: str, user_id: int | None, choices: Choices) -> bool:
    """Tell whether a kind goes out by a channel: as chosen, else as the kind says (收不收)."""
    if channel == Channel.IN_APP and not kind.may_switch_off:
        return True
    usual = Channel(channel) in kind.channels
    return choices.get((user_id, channel), usual) if user_id is not None else usual


def holder_of(phone_key: str) -> int | None:
    """Return the account that holds a phone, whose choices hold for what goes to it."""
    if not phone_key:
        return None
    return User.objects.filter(phone_key=phone_key).values_list("pk", flat=True).first()


def open_channels() -> tuple[Channel, ...]:
    """Return the channels of this site: in the house always, others when a gateway is set (开通的渠道)."""
    return tuple(c for c in Channel if c == Channel.IN_APP or gateways.is_open(c.value))


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One tick of the page of choices: `value` is what the form sends, empty when it cannot be moved."""

    label: str
    value: str
    is_on: bool


@dataclass(frozen=True, kw_only=True)
class KindChoices:
    """One kind with its ticks (一类消息收不收)."""

    kind: Kind
    switches: list[Switch]


def switches_of(by: Actor) -> list[KindChoices]:
    """Return every kind with its ticks for one account (消息设置)."""
    chosen = {(c.kind, c.channel): c.wanted for c in Choice.objects.filter(user_id=by.pk or 0)}
    return [
        KindChoices(
            kind=kind,
            switches=[
                Switch(
                    label=channel.label,
                    value=f"{kind.key}:{channel}" if may_move(kind, channel) else "",
                    is_on=not may_move(kind, channel)
                    or chosen.get((kind.key, channel), channel in kind.channels),
                )
                for channel in open_channels()
            ],
        )
        for kind in sorted(kinds().values(), key=lambda k: k.key)
    ]


def reached_at(by: Actor) -> tuple[str, str]:
    """Return the phone and the mail address of an account, both masked (发到哪里)."""
    user = User.objects.get(pk=by.pk or 0)
    return user.masked_phone(), gateways.masked(user.email) if user.email else ""


def may_move(kind: Kind, channel: Channel) -> bool:
    """Tell whether a tick can be moved: what must be known stays on inside the house."""
    return kind.may_switch_off or channel != Channel.IN_APP


# -- how the ways out stand ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How many messages went, wait or failed by one channel in the last days (发送情况)."""

    channel: str
    counts: Mapping[str, int]

    @property
    def sent(self) -> int:
        return self.counts.get(Delivery.State.SENT, 0)

    @property
    def waiting(self) -> int:
        return sum(self.counts.get(s, 0) for s in (Delivery.State.WAITING, Delivery.State.SENDING))

    @property
    def failed(self) -> int:
        return self.counts.get(Delivery.State.FAILED, 0)

    @property
    def off(self) -> int:
        return self.counts.get(Delivery.State.OFF, 0)


def standings(now: datetime, *, days: int = 30) -> list[Standing]:
    """Return how each channel did in the last *days* days."""
    rows = (
        Delivery.objects.filter(message__due_at__gte=now - timedelta(days=days))
        .values_list("channel", "state")
        .annotate(n=Count("pk"))
    )
    found: dict[str, dict[str, int]] = {}
    for channel, state, count in rows:
        found.setdefault(channel, {})[state] = count
    return [
        Standing(channel=channel.label, counts=found.get(channel, {}))
        for channel in Channel
        if channel != Channel.IN_APP and (channel in open_channels() or channel in found)
    ]


@dataclass(frozen=True, kw_only=True)
class Failed:
    """One message that did not arrive, its address masked (没发出去的)."""

    delivery: Delivery
    label: str
    to: str


def failed(*, after: str = "") -> tuple[list[Failed], str]:
    """Return the newest deliveries that failed, and the key of the page after them."""
    found = Delivery.objects.filter(state=Delivery.State.FAILED).select_related("message__user")
    if after.isdecimal():
        found = found.filter(pk__lt=int(after[:18]))
    rows = list(found.order_by("-pk")[: PAGE + 1])
    known = kinds()
    shown = [
        Failed(
            delivery=d,
            label=known[d.message.kind].label if d.message.kind in known else d.message.kind,
            to=address_masked(d),
        )
        for d in rows[:PAGE]
    ]
    return shown, f"{rows[PAGE - 1].pk}" if len(rows) > PAGE else ""


def address_masked(delivery: Delivery) -> str:
    """Return where a delivery goes, masked."""
    message = delivery.message
    if delivery.channel == Channel.MAIL:
        return gateways.masked(message.user.email) if message.user else ""
    sealed = message.user.phone if message.user else message.phone
    return sealed.masked(mask_phone) if sealed else ""
