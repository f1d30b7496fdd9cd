"""Reading the book of deeds: line by line in plain words, and the proof that nobody wrote in it afterwards."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Exists, Max, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import declared

from . import rules
from .models import Line, Seal, SealHead

BATCH = 2000
PAGE = 50
ISO_DAY = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?![\dT])")


# --- words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PlaceNames:
    """
    How the book learns the names of places, which stand above it (地点名称).

    A higher room declares one in its `room.py`: `PLACE_NAMES = (PlaceNames(path_of=…, names_of=…),)`.
    """

    path_of: Callable[[str], str]
    names_of: Callable[[Iterable[str]], Mapping[str, str]]


@cache
def actions() -> dict[str, str]:
    """Return what each action is called (动作名称): the `ACTIONS` that rooms declare in `room.py`."""
    found: dict[str, str] = {}
    for config in apps.get_app_configs():
        if config.name.startswith("gongzhi.") and find_spec(f"{config.name}.room"):
            found |= getattr(import_module(f"{config.name}.room"), "ACTIONS", {})
    return found


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One line in plain words, as `{% log %}` shows it (一条留痕)."""

    pk: int
    when: str
    what: str
    who: str
    change: str
    basis: str
    place: str = ""
    record: str = ""


def spoken(lines: Iterable[Line]) -> list[Spoken]:
    """Return *lines* in plain words (留痕的说法); the names of all their places are asked once."""
    kept = list(lines)
    named = _place_names({line.place_path for line in kept if line.place_path})
    return [_spoken(line, named) for line in kept]


def _spoken(line: Line, places: Mapping[str, str]) -> Spoken:
    at = line.happened_at.astimezone(LOCAL)
    return Spoken(
        pk=line.pk,
        when=f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}",
        what=actions().get(line.action, line.action),
        who=f"{line.actor_name}（{line.role}）" if line.role else line.actor_name,
        change=_changes(line.changes),
        basis=line.reason,
        place=places.get(line.place_path, ""),
        record=_record(line),
    )


def _changes(changes: Mapping[str, object]) -> str:
    said = []
    for name, pair in changes.items():
        before, after = pair if isinstance(pair, list) and len(pair) == 2 else ("", pair)
        if before in ("", None) and after in ("", None):
            continue
        if before in ("", None):
            said.append(f"{name}：{_value(after)}")
        else:
            said.append(f"{name}：{_value(before)} → {_value(after)}")
    return "；".join(said)


def _value(value: object) -> str:
    if value in ("", None):
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(v) for v in value)
    return ISO_DAY.sub(lambda d: _day(date.fromisoformat(d[0])), str(value))


def _record(line: Line) -> str:
    if not line.record:
        return ""
    return f"{record_name(line.record)}{line.record_id}号"


def record_name(label: str) -> str:
    """Return what the records of a model are called (对象名称); the label itself for a model that is gone."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def _place_names(paths: Iterable[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    if paths:
        for naming in declared("room", "PLACE_NAMES"):
            found |= naming.names_of(paths)
    return found


def path_of_place(text: str) -> str:
    """
    Return the path of the place that *text* names; empty when no room above knows places (地点路径).

    :raises Refused: the room that knows places says why it does not know this one.
    """
    for naming in declared("room", "PLACE_NAMES"):
        return naming.path_of(text)
    return ""


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody wants to see of the book (筛选): days, who, what was done, to what, where."""

    since: date | None = None
    until: date | None = None  # the last day, included
    actor: str = ""
    action: str = ""
    record: str = ""
    record_id: int | None = None
    place: str = ""
    place_path: str = ""

    def spoken(self) -> str:
        """Return the filter in words, for the line that reading leaves."""
        said = [
            f"{self.since}起" if self.since else "",
            f"到{self.until}" if self.until else "",
            f"操作人{self.actor}" if self.actor else "",
            actions().get(self.action, self.action),
            record_name(self.record) if self.record else "",
            f"{self.record_id}号" if self.record_id else "",
            self.place,
        ]
        return "、".join(s for s in said if s) or "全部"


def lines(by: Actor, asked: Asked) -> QuerySet[Line]:
    """
    Return the lines that *by* may read and asked for, newest first (留痕).

    A role over the whole county reads everything; a role over less reads what happened there.
    """
    found = Line.objects.filter(_within(by)).order_by("-pk")
    if asked.since:
        found = found.filter(happened_at__gte=_midnight(asked.since))
    if asked.until:
        found = found.filter(happened_at__lt=_midnight(asked.until + timedelta(days=1)))
    if asked.actor:
        found = found.filter(actor_name__contains=asked.actor)
    if asked.action:
        found = found.filter(action=asked.action)
    if asked.record:
        found = found.filter(record=asked.record)
    if asked.record_id:
        found = found.filter(record_id=asked.record_id)
    if asked.place_path:
        found = found.filter(place_path__startswith=asked.place_path)
    return found


def _within(by: Actor) -> Q:
    within = Q(pk__in=[])
    for path in rules.READ_BOOK.paths(by):
        if path.count("/") <= 2:
            return Q()
        within |= Q(place_path__startswith=path)
    return within


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=LOCAL)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Fifty lines and the keys of the pages around them (一页)."""

    rows: list[Spoken]
    newer: int | None
    older: int | None


def page_of(
    by: Actor, asked: Asked, *, before: int | None = None, after: int | None = None
) -> Page:
    """Return a page of lines by key (一页留痕): older than *before*, newer than *after*, or the newest."""
    found = lines(by, asked)
    if after is not None:
        kept = list(found.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        more_newer, more_older = len(kept) > PAGE, True
        kept = kept[:PAGE][::-1]
    else:
        kept = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
        more_newer, more_older = before is not None, len(kept) > PAGE
        kept = kept[:PAGE]
    return Page(
        rows=spoken(kept),
        newer=kept[0].pk if kept and more_newer else None,
        older=kept[-1].pk if kept and more_older else None,
    )


def exported(by: Actor, asked: Asked) -> Iterator[list[str]]:
    """Yield the lines that were asked for as rows of a table, newest first, read as they are written (导出)."""
    before: int | None = None
    while True:
        found = lines(by, asked)
        kept = list((found.filter(pk__lt=before) if before else found)[:BATCH])
        if not kept:
            return
        before = kept[-1].pk
        for line, said in zip(kept, spoken(kept), strict=True):
            yield [
                str(line.pk), said.when, line.actor_name, line.role, said.what, said.record,
                said.place, said.change, said.basis, line.request_id, line.digest,
            ]  # fmt: skip


EXPORTED = (
    "编号", "时间", "操作人", "身份", "做了什么", "对象", "地点", "前后", "依据或理由", "请求编号", "摘要",
)  # fmt: skip


def lines_about(record: Model, limit: int = 20) -> list[Spoken]:
    """Return what was done to *record*, newest first, for the end of its page (留痕摘录)."""
    found = Line.objects.filter(record=record._meta.label_lower, record_id=record.pk)
    return spoken(found.order_by("-pk")[:limit])


def openings_of(person_id: int, since: datetime) -> list[Spoken]:
    """
    Return who opened this person's numbers since then, newest first (谁看过我的号码).

    An opening is an action that a room lists in `OPENINGS` of its `room.py`.
    """
    found = Line.objects.filter(
        subject_id=person_id, happened_at__gte=since, action__in=declared("room", "OPENINGS")
    )
    return spoken(found.order_by("-pk"))


@dataclass(frozen=True, kw_only=True)
class DailyHead:
    """The end of the chain on one day, for everybody to keep (每日链值)."""

    day: date
    number: int
    chain: str


def daily_heads(*, today: date, days: int = 60) -> list[DailyHead]:
    """Return the last seal of each of the latest days, newest first (每日链值)."""
    since = today - timedelta(days=days)
    last = (
        Seal.objects.filter(day__gt=since)
        .values("day")
        .annotate(last=Max("number"))
        .order_by("-day")
    )
    numbers = {row["last"]: row["day"] for row in last}
    found = Seal.objects.filter(number__in=numbers).order_by("-number")
    return [DailyHead(day=numbers[s.number], number=s.number, chain=s.chain) for s in found]


# --- proving -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Tampering:
    """One thing that was done to the book from outside (改动痕迹): `kind` is changed, removed, inserted or chain."""

    kind: str
    line: int | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def digest_of(line: Line, nonce: str) -> str:
    """Return *nonce* with the keyed hash of it and of everything that *line* says (摘要)."""
    said = [
        nonce,
        line.happened_at.timestamp(),
        line.actor_id,
        line.actor_name,
        line.role,
        line.action,
        line.record,
        line.record_id,
        line.subject_id,
        line.place_path,
        json.dumps(line.changes, sort_keys=True, ensure_ascii=False),
        line.reason,
        line.request_id,
    ]
    text = json.dumps(said, ensure_ascii=False)
    return nonce + _hashed(text)[:48]


def chain_of(before: str, number: int, line_id: int, digest: str, day: date) -> str:
    """Return the chain value of a seal (链值): it holds everything sealed before it."""
    return _hashed(f"{before}|{number}|{line_id}|{digest}|{day.isoformat()}")


def _hashed(text: str) -> str:
    return hmac.digest(bytes.fromhex(settings.GONGZHI_AUDIT_KEY), text.encode(), sha256).hex()


def verify(kept: Mapping[date, str] | None = None) -> Iterator[Tampering]:
    """
    Yield everything in the book that was changed, removed or inserted from outside (核对留痕).

    Reads in batches, whatever the length of the book. `kept` are chain values by day that somebody wrote down
    from the public page: they find a book that was cut off at its end and closed again.
    """
    yield from _walk_the_chain()
    yield from _unsealed()
    yield from _copied()
    for day, chain in sorted((kept or {}).items()):
        if not Seal.objects.filter(day=day, chain=chain).exists():
            yield Tampering(
                kind="chain",
                line=None,
                sentence=f"{_day(day)}公布过的链值{chain[:12]}…在封存里找不到：这一天以后的留痕被截断或重做过。",
            )


def _walk_the_chain() -> Iterator[Tampering]:
    number, chain, last_line = 0, "", 0
    while True:
        seals = list(Seal.objects.filter(number__gt=number).order_by("number")[:BATCH])
        if not seals:
            break
        found = Line.objects.in_bulk([s.line_id for s in seals])
        for s in seals:
            right = chain_of(chain, s.number, s.line_id, s.line_digest, s.day)
            if s.number != number + 1:
                missing = f"第{number + 1}" + (f"至{s.number - 1}" if s.number > number + 2 else "")
                yield Tampering(
                    kind="removed",
                    line=None,
                    sentence=f"封存{missing}号不见了，夹在编号{last_line}和{s.line_id}的留痕之间：有人删过封存。",
                )
                right = s.chain  # the value before is gone, so this one cannot be judged
            line = found.get(s.line_id)
            if not hmac.compare_digest(right, s.chain):
                yield Tampering(
                    kind="chain",
                    line=s.line_id,
                    sentence=f"封存第{s.number}号（留痕编号{s.line_id}）的链值对不上：这一号封存被改过或是后来插进来的。",
                )
            if line is None:
                yield Tampering(
                    kind="removed",
                    line=s.line_id,
                    sentence=f"编号{s.line_id}的留痕不见了：它在{_day(s.day)}封存过，是封存第{s.number}号，被删掉了。",
                )
            elif line.digest != s.line_digest or digest_of(line, line.digest[:16]) != line.digest:
                yield Tampering(kind="changed", line=line.pk, sentence=_changed(line))
            number, chain, last_line = s.number, right, s.line_id
    head = SealHead.objects.filter(pk=1).first()
    if (head.number, head.chain) != (number, chain) if head else number:
        yield Tampering(
            kind="chain",
            line=None,
            sentence=f"封存到第{number}号为止，封存锁记的是第{head.number if head else 0}号："
            "末尾的封存被删过或改过。",
        )


def _unsealed() -> Iterator[Tampering]:
    settled = SealHead.objects.values_list("settled_id", flat=True).filter(pk=1).first() or 0
    last = 0
    while True:
        loose = list(
            Line.objects.filter(
                ~Exists(Seal.objects.filter(line_id=OuterRef("pk"))), pk__gt=last
            ).order_by("pk")[:BATCH]
        )
        if not loose:
            return
        last = loose[-1].pk
        for line in loose:
            if digest_of(line, line.digest[:16]) != line.digest:
                yield Tampering(
                    kind="inserted",
                    line=line.pk,
                    sentence=f"{_named(line)}不是平台写的：摘要对不上，也没有封存，是从外面插进来的。",
                )
            elif line.pk <= settled:
                yield Tampering(
                    kind="inserted",
                    line=line.pk,
                    sentence=f"{_named(line)}没有封存，却排在早已封存的留痕中间：封存被删过，或者它是后来插进来的。",
                )


def _copied() -> Iterator[Tampering]:
    twice = Line.objects.values("digest").annotate(n=Count("pk"), last=Max("pk")).filter(n__gt=1)
    for row in twice.order_by("last").iterator():
        yield Tampering(
            kind="inserted",
            line=row["last"],
            sentence=f"编号{row['last']}的留痕和另一条一字不差：是照抄后插进来的。",
        )


def _changed(line: Line) -> str:
    return f"{_named(line)}被改过：内容和摘要对不上。"


def _named(line: Line) -> str:
    at = timezone.localtime(line.happened_at)
    what = actions().get(line.action, line.action)
    return f"编号{line.pk}的留痕（{_day(at.date())}{at:%H:%M}，{line.actor_name}，{what}）"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
