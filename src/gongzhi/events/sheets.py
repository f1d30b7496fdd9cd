"""An attendance sheet as people type it from paper (签到表): which event, who, when, in what part."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from gongzhi.directory.models import Person
from gongzhi.places.models import Place
from gongzhi.shared import codes
from gongzhi.shared.calendar import LOCAL, today
from gongzhi.shared.faults import BadValue
from gongzhi.shared.registers import Fault, Verdict
from gongzhi.shared.sealed import fingerprint
from gongzhi.shared.spreadsheets import read_day, read_digits, read_text
from gongzhi.shared.text import key

from .models import Attendance, Event

Rows = dict[str, Sequence[Any]]
Read = tuple[Sequence[Any], Mapping[int, Fault]]
PARTS = {
    "来参加的": "participant",
    "参加": "participant",
    "居民": "participant",
    "学员": "participant",
    "来服务的": "volunteer",
    "志愿者": "volunteer",
    "服务": "volunteer",
    "来讲课的": "trainer",
    "讲师": "trainer",
    "老师": "trainer",
}
_CLOCK = re.compile(r"(\d{1,2})[:：点时](\d{0,2})分?")


@dataclass
class Context:
    """What a run of an import knows from the beginning: the place, the day, and what the file has named so far."""

    place: Place
    on: date
    seen: dict[tuple[int, str, str], int] = field(default_factory=dict)


def prepare(by: Any, place: Place, now: datetime, options: Mapping[str, Any]) -> Context:
    """Return the context of a run (准备)."""
    return Context(place=place, on=today(now))


# --- cells ----------------------------------------------------------------------------------------


def _each(values: Sequence[Any], read: Callable[[Any], str], kind: str) -> Read:
    found: list[str] = []
    faults: dict[int, Fault] = {}
    for i, value in enumerate(values):
        try:
            found.append(read(value))
        except BadValue as error:
            found.append("")
            wrong, mend = error.fault.wrong.rstrip("。"), error.fault.mend.rstrip("。")
            faults[i] = Fault(kind=kind, wrong=wrong, mend=mend)
    return found, faults


def texts(kind: str, limit: int) -> Callable[[Sequence[Any], Any], Read]:
    """Return a reader of texts of at most *limit* characters (文字)."""

    def read(value: Any) -> str:
        text = read_text(value) or ""
        if len(text) > limit:
            raise BadValue(
                f"{kind}有{len(text)}个字，最多{limit}个字", "写短一些；看看是不是填错了列"
            )
        return text

    return lambda values, context: _each(values, read, kind)


def days(values: Sequence[Any], context: Context) -> Read:
    """Read days as ISO texts (日期)."""

    def read(value: Any) -> str:
        found = read_day(value, context.on)
        if found is None:
            return ""
        if found.precision != "day":
            raise BadValue("没有写到哪一天", "照签到表写全年月日")
        return found.day.isoformat()

    return _each(values, read, "日期")


def clocks(values: Sequence[Any], context: Context) -> Read:
    """Read times of the day as `9:05` (时间)."""

    def read(value: Any) -> str:
        if isinstance(value, datetime):
            value = value.time()
        if isinstance(value, time):
            return f"{value.hour}:{value.minute:02}"
        if isinstance(value, float) and 0 <= value < 1:  # a spreadsheet's part of a day
            minutes = round(value * 24 * 60)
            return f"{minutes // 60}:{minutes % 60:02}"
        text = read_text(value) or ""
        parts = _CLOCK.fullmatch(text)
        if not text:
            return ""
        if not parts or int(parts[1]) > 23 or int(parts[2] or 0) > 59:
            raise BadValue(f"“{text[:12]}”看不出几点", "写成9:05这样")
        return f"{int(parts[1])}:{int(parts[2] or 0):02}"

    return _each(values, read, "时间")


def phones(values: Sequence[Any], context: Context) -> Read:
    """Read mobile numbers (手机号)."""

    def read(value: Any) -> str:
        text = read_digits(value) or ""
        return codes.require_phone(text) if text else ""

    return _each(values, read, "手机号")


def parts(values: Sequence[Any], context: Context) -> Read:
    """Read in what part somebody came (身份); an empty cell is somebody who came to take part."""

    def read(value: Any) -> str:
        text = read_text(value) or ""
        if text and text not in PARTS:
            raise BadValue(f"“{text[:12]}”看不出是什么身份", "填来参加的、来服务的或来讲课的")
        return PARTS.get(text, "participant")

    return _each(values, read, "身份")


# --- rows -----------------------------------------------------------------------------------------


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍); adds the event, the person and the moment to them."""
    verdict = Verdict()
    events = _events(rows, context, verdict.faults)
    rows["event_id"] = [e.pk if e else 0 for e in events]
    rows["person_id"] = _people(rows, events, context, verdict.faults)
    came = set(
        Attendance.objects.standing()
        .filter(event__in=set(rows["event_id"]))
        .values_list("event_id", "person_id")
    )
    for i, event in enumerate(events):
        if i in verdict.faults or event is None:
            continue
        name, phone = rows["name"][i], rows["phone"][i]
        earlier = context.seen.setdefault((event.pk, key(name), phone), rows["row"][i])
        if earlier != rows["row"][i]:
            verdict.faults[i] = [
                Fault(
                    kind="表里重复",
                    wrong=f"和第{earlier}行是同一个人、同一场",
                    mend="删掉一行；真是两个人就填手机号分开",
                    column="name",
                )
            ]
        elif (event.pk, rows["person_id"][i]) in came:
            verdict.same.append(i)
        else:
            verdict.new.append(i)
    return verdict


def _events(rows: Rows, context: Context, faults: dict[int, list[Fault]]) -> list[Event | None]:
    """Return the event of each row: held at the place or beneath it, of that name on that day."""
    here = Event.objects.live().filter(
        place__path__startswith=context.place.path, day__in={d for d in rows["day"] if d}
    )
    named: dict[tuple[str, str], list[Event]] = {}
    for event in here.select_related("place"):
        named.setdefault((key(event.title), event.day.isoformat()), []).append(event)
    found: list[Event | None] = []
    for i, (title, day) in enumerate(zip(rows["event"], rows["day"], strict=True)):
        called = named.get((key(title), day), [])
        if place := rows["place"][i]:
            called = [e for e in called if key(place) == key(str(e.place))] or called
        found.append(called[0] if len(called) == 1 else None)
        if len(called) != 1:
            wrong = (
                f"{day}叫“{title}”的场次有{len(called)}场，分不清是哪一场"
                if called
                else f"{day}这里没有叫“{title}”的场次"
            )
            mend = "填上村社" if called else "照场次页面写名称和日期；还没有建的先建一场"
            faults[i] = [Fault(kind="场次不认得", wrong=wrong, mend=mend, column="event")]
    return found


def _people(
    rows: Rows, events: Sequence[Event | None], context: Context, faults: dict[int, list[Fault]]
) -> list[int]:
    """
    Return who each row is, 0 for somebody whom writing will enter: by phone and name, else by name on the event's list.

    Without a phone only somebody who registered for that event is known by name.
    """
    keys = {fingerprint(p): p for p in rows["phone"] if p}
    by_phone = {
        (p.phone_key, key(p.name)): p.standing_id
        for p in Person.objects.filter(phone_key__in=keys, erased_at=None).order_by("-pk")
    }
    by_name: dict[tuple[int, str], set[int]] = {}
    for event in {e.pk: e for e in events if e}.values():
        for one in event.registrations.select_related("person"):
            by_name.setdefault((event.pk, key(one.person.name)), set()).add(one.person.standing_id)
    found = []
    for i, (name, phone, event_) in enumerate(
        zip(rows["name"], rows["phone"], events, strict=True)
    ):
        if phone:
            found.append(by_phone.get((fingerprint(phone), key(name)), 0))
            continue
        called = by_name.get((event_.pk if event_ else 0, key(name)), set())
        found.append(next(iter(called)) if len(called) == 1 else 0)
        if len(called) != 1 and i not in faults:
            wrong = (
                f"这一场有{len(called)}位叫“{name[:1]}*”的报了名"
                if called
                else "没有手机号，也没有报过这一场，分不清是哪一位"
            )
            faults[i] = [Fault(kind="人不认得", wrong=wrong, mend="填手机号", column="phone")]
    return found


def arrived_at(event: Event, clock: str) -> datetime:
    """Return when somebody arrived: at the time written, else when the event began."""
    if not clock:
        return event.starts_at
    hours, _, minutes = clock.partition(":")
    return datetime.combine(event.day, time(int(hours), int(minutes)), tzinfo=LOCAL)
