"""Events and registrations in the words of the pages: what a card says of seats, of the line, of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe

from gongzhi.shared.calendar import local, today
from gongzhi.shared.rooms import declared

from .judging import WEEKDAYS, age_words, say_ages, say_moment
from .models import Event, Kind, Registration

Status = Event.Status
Mine = Registration.Status
# A kind has its color everywhere; a topic takes that of its kind.
COLORS = {
    Kind.ACTIVITY: "brand",
    Kind.SERVICE: "info",
    Kind.TRAINING: "accent",
    Kind.LECTURE: "ou",
    Kind.PARTY_DAY: "party",
    Kind.MEETING: "money",
}
SHAPES = {
    Mine.SEATED: "ok",
    Mine.OFFERED: "now",
    Mine.WAITING: "now",
    Mine.ENTERED: "wait",
    Mine.CANCELLED: "wait",
    Mine.EXPIRED: "wait",
    Mine.DECLINED: "wait",
}


@cache
def _topics() -> tuple[Callable[[], Mapping[str, str]], ...]:
    return tuple(declared("topics", "TOPICS"))


def topics() -> dict[str, str]:
    """Return the names of topics by key, as the rooms above declare them in `topics.py` (归类的名称)."""
    found: dict[str, str] = {}
    for names in _topics():
        found |= names()
    return found


def say_day(day: date) -> str:
    """Return a day of this year: `11月29日 星期日`."""
    return f"{day.month}月{day.day}日 星期{WEEKDAYS[day.weekday()]}"


def say_clock(moment: datetime) -> str:
    """Return the time of day: `9:00`."""
    at = local(moment)
    return f"{at.hour}:{at.minute:02d}"


def say_time(event: Event) -> str:
    """Return from when to when: `9:00–11:30`, with the day where it ends on another."""
    ends = local(event.ends_at)
    if ends.date() != local(event.starts_at).date():
        return f"{say_clock(event.starts_at)}到{ends.month}月{ends.day}日{say_clock(event.ends_at)}"
    return f"{say_clock(event.starts_at)}–{say_clock(event.ends_at)}"


def ago(moment: datetime, now: datetime) -> str:
    """Return a moment near *now* the way people say it: `今天20:00`, `明天9:00`, `11月28日 9:00`."""
    days = (local(moment).date() - today(now)).days
    said = {0: "今天", 1: "明天", 2: "后天"}.get(days)
    return f"{said}{say_clock(moment)}" if said else say_moment(moment)


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a list says of one event (活动卡)."""

    event: Event
    tag: str
    color: str
    month: str
    number: int
    weekday: str
    is_today: bool
    time: str
    ages: str
    seats: str
    note: str = ""
    is_full: bool = False
    is_off: bool = False
    moved: str = ""


def card_of(event: Event, waiting: int, names: Mapping[str, str], now: datetime) -> Card:
    """Return the card of one event, of which *waiting* people stand in line."""
    day = event.day
    off = event.status == Status.CANCELLED
    words, note = seats_in_words(event, waiting, now)
    days = (day - today(now)).days
    return Card(
        event=event,
        tag=names.get(event.topic) or event.get_kind_display(),
        color=COLORS[Kind(event.kind)],
        month=f"{day.month}月",
        number=day.day,
        weekday="今天" if days == 0 else f"星期{WEEKDAYS[day.weekday()]}",
        is_today=days == 0,
        time=say_time(event),
        ages=say_ages(event),
        seats=words,
        note=note,
        is_full=is_full(event),
        is_off=off,
        moved=moved_from(event),
    )


def moved_from(event: Event) -> str:
    """Return the day an event was first meant for, empty when it did not move (改期)."""
    if event.was_at is None:
        return ""
    return say_moment(event.was_at)


def is_full(event: Event) -> bool:
    """Tell whether every seat is given or offered to somebody (报满)."""
    return event.capacity is not None and event.seats_taken >= event.capacity


def seats_in_words(event: Event, waiting: int, now: datetime) -> tuple[str, str]:
    """Return what a list says of the seats, and a remark (名额怎么说)."""
    if event.status == Status.CANCELLED:
        return "取消了", event.why
    if event.status == Status.CLOSED or event.ends_at <= now:
        return "办完了", ""
    if not event.takes_registrations:
        return "不用报名，直接来", ""
    opens, closes = event.registration_opens_at, event.registration_closes_at or event.starts_at
    if opens and now < opens:
        return f"{ago(opens, now)}起报名", ""
    if now >= min(closes, event.starts_at):
        return ("截止报名了", "没报名也可以直接来") if event.takes_walk_ins else ("截止报名了", "")
    if event.draws_lots and event.draw_at:
        return f"抽签，{event.capacity}个名额", f"{ago(event.draw_at, now)}抽，已有{waiting}人报"
    free = event.free_seats
    if free is None:
        return "不限人数", ""
    if free > 0:
        return (f"还要{free}人", "") if event.kind == Kind.SERVICE else (f"还剩{free}个", "")
    if event.has_waiting_list:
        return f"前面排着{waiting}人" if waiting else "报满了，可以排队", ""
    return "报满了", ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The events of some days under one heading (几天的活动)."""

    key: str
    title: str
    cards: Sequence[Card]


def by_days(cards: Iterable[Card], now: datetime) -> list[Group]:
    """Return the cards under 今天和明天, 这周晚些时候 and 以后, empty headings left out."""
    day = today(now)
    sunday = day + timedelta(days=6 - day.weekday())
    groups: dict[str, list[Card]] = {"soon": [], "week": [], "later": []}
    for card in cards:
        on = card.event.day
        soon = on <= day + timedelta(days=1)
        groups["soon" if soon else "week" if on <= sunday else "later"].append(card)
    titles = {"soon": "今天和明天", "week": "这周晚些时候", "later": "再往后"}
    return [Group(key=k, title=titles[k], cards=c) for k, c in groups.items() if c]


def availability(event: Event, parts: Mapping[str, int], now: datetime) -> list[tuple[str, int]]:
    """Return where the seats are, in parts that add up (名额的去向): 报上了、等答复、空着; then who waits."""
    seated, offered = parts.get(Mine.SEATED, 0), parts.get(Mine.OFFERED, 0)
    rows = [("报上了", seated)]
    if offered:
        rows.append(("轮到了，等答复", offered))
    if event.capacity is not None:
        rows.append(("空着", max(0, event.capacity - event.seats_taken)))
    if waiting := parts.get(Mine.WAITING, 0):
        rows.append(("在排队", waiting))
    if entered := parts.get(Mine.ENTERED, 0):
        rows.append(("等抽签", entered))
    return rows


def order_in_words(event: Event, now: datetime) -> str:
    """Return by what order seats are given, and what happens to a freed one (怎么排)."""
    if event.rule == Event.Rule.LOTTERY:
        when = say_moment(event.draw_at) if event.draw_at else ""
        drawn = "抽过了" if event.drawn_at else f"{when}抽"
        return (
            f"名额靠抽签，{drawn}，报名先后不影响结果。没抽中的按抽到的次序排队。"
            "抽签用的数事先定好并公布了摘要，谁都可以自己再算一遍。"
        )
    if not event.has_waiting_list:
        return "先报先得，报满为止，不排队。"
    return f"按报名先后排。有人取消就按次序问，问到的人有{age_words(event, now)}答复。"


def queue_dots(ahead: int, behind: int) -> list[tuple[str, str]]:
    """Return the line around somebody as dots: (words, class); long stretches are said in words (排队的样子)."""
    me = ahead + 1
    dots: list[tuple[str, str]] = []
    if me > 4:
        dots.append((f"前面还有{me - 3}人", "gap"))
    dots += (
        [(str(n), "") for n in range(max(1, me - 2), me)]
        if me > 4
        else [(str(n), "") for n in range(1, me)]
    )
    dots.append((f"您，第{me}", "me"))
    dots += [(str(n), "") for n in range(me + 1, me + 1 + min(behind, 2))]
    if behind > 2:
        dots.append((f"后面还有{behind - 2}人", "gap"))
    return dots


def programme_of(event: Event) -> list[dict[str, Any]]:
    """Return the plan of the day, a line each: `9:00 签到` has its time apart (当天安排)."""
    found = []
    for line in event.programme.splitlines():
        line = line.strip()
        if not line:
            continue
        head, _, rest = line.partition(" ")
        timed = rest and head[:1].isdigit() and ":" in head.replace("：", ":")
        found.append(
            {"time": head.replace("：", ":") if timed else "", "words": rest if timed else line}
        )
    return found


def qr(text: str, label: str) -> SafeString:
    """Draw *text* as a QR picture that reads the same in dark pages and on paper (二维码)."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        border=2,
        dark="#000",
        light="#fff",
        omitsize=True,
    )
    drawn = out.getvalue().decode()
    return mark_safe(drawn.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))  # noqa: S308  (drawn here)
