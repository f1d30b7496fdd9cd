"""Kinds, gateways and makers for tests of messages, here and in the rooms that send them."""

from __future__ import annotations

from datetime import datetime

from gongzhi.accounts.models import User
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.gateways import Gateway, Parcel, Unreachable
from gongzhi.shared.messages import Channel, Kind
from gongzhi.shared.permissions import HOUSE

from . import services
from .models import Message

NOW = datetime(2026, 11, 25, 10, tzinfo=LOCAL)
NIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=LOCAL)

MOVED = Kind(
    key="tests.moved",
    label="活动改期",
    reason="您报了名",
    title="{event}改期了",
    body="{event}改到{when}。",
    channels=frozenset({Channel.IN_APP, Channel.SMS}),
    may_switch_off=False,
    can_wait=False,
)
NEWS = Kind(
    key="tests.news",
    label="新的活动",
    reason="您说想知道青溪社区的新活动",
    title="{event}可以报名了",
    body="{event}，{when}，可以报名了。",
    channels=frozenset({Channel.IN_APP, Channel.SMS}),
)
WORDS = {"event": "坝坝电影", "when": "11月28日19:00"}

posted: list[Parcel] = []


class KeepingGateway(Gateway):
    """Keeps parcels in memory: `posted`, newest last."""

    def send(self, parcel: Parcel) -> None:
        posted.append(parcel)


class BrokenGateway(Gateway):
    """Takes nothing, and says the number aloud as real providers do."""

    def send(self, parcel: Parcel) -> None:
        raise ConnectionError(f"{parcel.to} timed out")


class DeadNumberGateway(Gateway):
    """Knows that nobody answers at this number."""

    def send(self, parcel: Parcel) -> None:
        raise Unreachable


KEEPING, BROKEN, DEAD = (
    f"{__name__}.{g.__name__}" for g in (KeepingGateway, BrokenGateway, DeadNumberGateway)
)


def tell(
    to: services.To, kind: Kind = MOVED, *, now: datetime = NOW, **named: object
) -> Message | None:
    """Tell one person that the film in the yard moved."""
    return services.send(by=HOUSE, to=to, kind=kind, words=WORDS, now=now, **named)  # type: ignore[arg-type]


def own(user: User) -> list[str]:
    """Return the titles of what an account was told, oldest first."""
    return list(Message.objects.filter(user=user).order_by("pk").values_list("title", flat=True))
