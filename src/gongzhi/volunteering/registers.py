"""The spreadsheet of hours that other systems recorded (别的系统的服务时长)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gongzhi.directory.models import Person
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_id, mask_phone, normalize_id, normalize_phone
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Column, Fault, Register, Verdict, Written
from gongzhi.shared.sealed import fingerprint
from gongzhi.shared.spreadsheets import read_day, read_text
from gongzhi.shared.text import key as same_name

from . import rules, services
from .models import Service

Rows = dict[str, Sequence[Any]]
Read = tuple[Sequence[Any], Mapping[int, Fault]]


@dataclass
class Context:
    """The context of one import (导入的上下文): `seen` maps keys of this file to their rows."""

    by: Actor
    place: Place
    on: date
    batch: int | None
    seen: dict[str, int] = field(default_factory=dict)


def prepare(by: Actor, place: Place, now: datetime, options: dict[str, Any]) -> Context:
    """Return the context of one run over a file (准备)."""
    return Context(by=by, place=place, on=today(now), batch=options.get("batch"))


def _cells(kind: str, read: Callable[[Any, Context], Any], empty: Any = "") -> Callable[..., Read]:
    """Return a reader of a column that reads cell by cell; a fault names the *kind*."""

    def column(values: Sequence[Any], context: Context) -> Read:
        found: list[Any] = []
        faults: dict[int, Fault] = {}
        for i, value in enumerate(values):
            try:
                found.append(read(value, context))
            except BadValue as error:
                found.append(empty)
                faults[i] = Fault(
                    kind=kind,
                    wrong=error.fault.wrong.rstrip("。"),
                    mend=error.fault.mend.rstrip("。"),
                )
        return found, faults

    return column


def _text(most: int) -> Callable[[Any, Context], str]:
    def read(value: Any, context: Context) -> str:
        text = read_text(value) or ""
        if len(text) > most:
            raise BadValue(f"有{len(text)}个字，最多{most}个字", "写短一些，看看是不是填错了列")
        return text

    return read


def _day(value: Any, context: Context) -> str:
    day = read_day(value, context.on)
    if day is None:
        return ""
    if day.precision != "day":
        raise BadValue("服务日期没有写到哪一天", "填年月日，例如2026-11-29")
    return day.day.isoformat()


def _minutes(value: Any, context: Context) -> int:
    text = (read_text(value) or "").removesuffix("小时")
    try:
        hours = Decimal(text)
    except InvalidOperation as error:
        raise BadValue(f"“{text[:20]}”不是小时数", "填数字，例如1.5") from error
    minutes = int(hours * 60) if hours.is_finite() else 0
    if not 0 < minutes <= 1440:
        raise BadValue(f"一次服务不会有{text[:20]}小时", "填0到24之间的小时数，路上的时间不算")
    return minutes


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍)."""
    verdict = Verdict()
    ids = [fingerprint(normalize_id(v)) if v else "" for v in rows.pop("id_number")]
    phones = [fingerprint(normalize_phone(v)) if v else "" for v in rows.pop("phone")]
    people = list(Person.objects.filter(id_key__in={k for k in ids if k}).select_related("place"))
    by_id = {p.id_key: p for p in people}
    by_phone: dict[tuple[str, str], list[Person]] = {}
    for p in Person.objects.filter(phone_key__in={k for k in phones if k}).select_related("place"):
        by_phone.setdefault((p.phone_key, same_name(p.name)), []).append(p)
    heads, places, keys = [], [], []
    for i, name in enumerate(rows["name"]):
        keys.append(f"{rows['system'][i]}:{rows['number'][i]}"[:120])
        found = (
            [by_id[ids[i]]] if ids[i] in by_id else by_phone.get((phones[i], same_name(name)), [])
        )
        person = found[0] if len({p.standing_id for p in found}) == 1 else None
        heads.append(person.standing_id if person else 0)
        places.append(person.place_id if person else 0)
        if fault := _judge(person, found, name, ids[i], phones[i], context):
            verdict.faults[i] = [fault]
    rows["person_id"], rows["place_id"], rows["key"] = heads, places, keys
    known = dict(Service.objects.filter(key__in=keys).values_list("key", "claimed"))
    for i, key in enumerate(keys):
        if i in verdict.faults:
            continue
        row = context.seen.setdefault(key, rows["row"][i])
        if row != rows["row"][i]:
            verdict.faults[i] = [
                Fault(
                    kind="表里重复",
                    wrong=f"和第{row:,}行是同一个系统、同一个记录编号",
                    mend="留一行，删掉另一行",
                    column="number",
                )
            ]
        elif key not in known:
            verdict.new.append(i)
        elif known[key] != rows["minutes"][i]:
            verdict.changed.append(i)
            verdict.changes[i] = {"minutes": (f"{known[key]}分钟", f"{rows['minutes'][i]}分钟")}
        else:
            verdict.same.append(i)
    return verdict


def _judge(
    person: Person | None,
    found: Sequence[Person],
    name: str,
    id_key: str,
    phone_key: str,
    context: Context,
) -> Fault | None:
    if not id_key and not phone_key:
        return Fault(
            kind="认不出是谁",
            wrong="证件号码和手机号都没有填",
            mend="至少填一样，好知道是名册里的哪一位",
            column="phone",
        )
    if person is None:
        several = len(found) > 1
        return Fault(
            kind="认不出是谁",
            wrong="名册里有几个同名同号的人" if several else "名册里没有这个人",
            mend="补上证件号码" if several else "先在“志愿者”登记表里登记，再导入时长",
            column="name",
        )
    if same_name(person.name) != same_name(name):
        return Fault(
            kind="姓名对不上",
            wrong="证件号码是名册里另一个名字的",
            mend="核对姓名和证件号码",
            column="name",
        )
    if not person.place.path.startswith(context.place.path):
        return Fault(
            kind="不归这里",
            wrong=f"这一位登记在{person.place.name}，不在{context.place.name}",
            mend="请那边导入，或者换上一级的身份导入",
            column="name",
        )
    return None


def write(by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """Write a chunk of good rows (写一批)."""
    return services.import_hours(
        by=by, rows=rows, place=context.place, batch=context.batch, now=now
    )


HOURS = Register(
    key="volunteering.hours",
    label="别的系统的志愿服务时长",
    unit="条",
    columns=(
        Column(
            key="system",
            label="系统名称",
            aliases=("来源系统", "平台", "系统"),
            required=True,
            read=_cells("系统名称", _text(30)),
            example="中国志愿服务网",
        ),
        Column(
            key="number",
            label="记录编号",
            aliases=("服务记录编号", "编号", "时长编号", "流水号"),
            required=True,
            read=_cells("记录编号", _text(60)),
            example="FW20261129001",
            hint="那个系统里的编号；再导一次同一编号就是更正",
        ),
        Column(
            key="name",
            label="姓名",
            aliases=("志愿者姓名", "志愿者"),
            required=True,
            read=_cells("姓名", _text(40)),
            personal="S2",
            example="张桂兰",
        ),
        Column(
            key="id_number",
            label="证件号码",
            aliases=("身份证号", "身份证", "身份证号码"),
            read=_cells("证件号码", _text(30)),
            personal="S3",
            mask=mask_id,
        ),
        Column(
            key="phone",
            label="手机号",
            aliases=("手机", "联系电话", "电话", "手机号码"),
            read=_cells("手机号", _text(30)),
            personal="S2",
            mask=mask_phone,
            example="13800002076",
        ),
        Column(
            key="day",
            label="服务日期",
            aliases=("日期", "服务时间", "活动日期"),
            required=True,
            read=_cells("服务日期", _day),
            example="2026-11-29",
        ),
        Column(
            key="title",
            label="服务内容",
            aliases=("活动名称", "项目名称", "内容"),
            required=True,
            read=_cells("服务内容", _text(80)),
            example="巡沱江：捡一捡岸边的垃圾",
        ),
        Column(
            key="minutes",
            label="时长（小时）",
            aliases=("服务时长", "时长", "小时", "服务时长（小时）", "志愿时长"),
            required=True,
            read=_cells("时长", _minutes, 0),
            example="1.5",
            hint="路上的时间不算",
        ),
    ),
    permission=rules.IMPORT,
    prepare=prepare,
    judge=judge,
    write=write,
    named="name",
    withdraw=lambda by, trace, reason, now: services.withdraw_hours(
        by=by, trace=trace, reason=reason, now=now
    ),
    note="只收名册里有的人。从别的系统来的时长另外注明，一天最多算的小时数照样算。",
    icon="clock",
    measures=("volunteering.minutes",),
)
REGISTERS = (HOURS,)
