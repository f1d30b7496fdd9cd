"""The spreadsheet of courses that an academy keeps (课程名录)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Column, Fault, Register, Verdict, Written
from gongzhi.shared.spreadsheets import read_text
from gongzhi.shared.text import near

from . import rules, services
from .models import Course, Plan

Rows = dict[str, Sequence[Any]]
Read = tuple[Sequence[Any], Mapping[int, Fault]]


@dataclass
class Context:
    """The context of one import (导入的上下文): `seen` maps keys of this file to their rows."""

    by: Actor
    place: Place
    on: date
    plans: dict[str, int]
    seen: dict[tuple[int, str], int] = field(default_factory=dict)


def prepare(by: Actor, place: Place, now: datetime, options: dict[str, Any]) -> Context:
    """Return the context of one run over a file (准备)."""
    plans = dict(Plan.objects.filter(ended_on=None).values_list("name", "pk"))
    return Context(by=by, place=place, on=today(now), plans=plans)


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


def _plan(value: Any, context: Context) -> int:
    name = (read_text(value) or "").strip("“”")
    if name in context.plans:
        return context.plans[name]
    alike = near(name, context.plans)
    likely = f"，是不是{'、'.join(alike)}" if alike else ""
    raise BadValue(f"没有“{name[:20]}”这个计划{likely}", f"填{'、'.join(context.plans)}里的一个")


def _times(value: Any, context: Context) -> int:
    text = (read_text(value) or "").removesuffix("次")
    if not text.isdecimal() or not 1 <= int(text) <= 60:
        raise BadValue(f"“{text[:20]}”不是次数", "填1到60的整数，例如5")
    return int(text)


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍)."""
    verdict = Verdict()
    known = _known(rows["plan"])
    for i, key in enumerate(zip(rows["plan"], rows["title"], strict=True)):
        if not key[0]:
            continue
        row = context.seen.setdefault(key, rows["row"][i])
        one = known.get(key)
        if row != rows["row"][i]:
            verdict.faults[i] = [
                Fault(
                    kind="表里重复",
                    wrong=f"和第{row:,}行是同一个计划、同一门课",
                    mend="留一行，删掉另一行",
                    column="title",
                )
            ]
        elif one is None:
            verdict.new.append(i)
        elif (one.sessions_wanted, one.work) != (rows["times"][i], rows["work"][i]):
            verdict.changed.append(i)
            verdict.changes[i] = {
                "times": (f"{one.sessions_wanted}次", f"{rows['times'][i]}次"),
                "work": (one.work, rows["work"][i]),
            }
        else:
            verdict.same.append(i)
    return verdict


def _known(plans: Sequence[int]) -> dict[tuple[int, str], Course]:
    found = Course.objects.filter(plan__in={p for p in plans if p}, ended_on=None)
    return {(c.plan_id, c.title): c for c in found}


def write(by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """Write a chunk of good rows (写一批)."""
    return services.import_courses(by=by, rows=rows, place=context.place, now=now)


COURSES = Register(
    key="academy.courses",
    label="课程名录",
    unit="门",
    columns=(
        Column(
            key="plan",
            label="计划",
            aliases=("培训计划", "所属计划", "项目"),
            required=True,
            read=_cells("计划不认得", _plan, 0),
            example="伙伴计划",
        ),
        Column(
            key="title",
            label="课程",
            aliases=("课程名称", "课名", "名称"),
            required=True,
            read=_cells("课程", _text(60)),
            example="怎样开好一次坝坝会",
        ),
        Column(
            key="times",
            label="到几次课结业",
            aliases=("次数", "课次", "结业次数"),
            required=True,
            read=_cells("次数", _times, 0),
            example="5",
        ),
        Column(
            key="work",
            label="还要交什么",
            aliases=("作业", "结业作业"),
            read=_cells("作业", _text(40)),
            example="一份坝坝会方案",
        ),
        Column(
            key="syllabus",
            label="讲什么",
            aliases=("内容", "课程内容", "大纲"),
            read=_cells("内容", _text(2000)),
        ),
    ),
    permission=rules.PLAN,
    prepare=prepare,
    judge=judge,
    write=write,
    named="title",
    stays="课程名录改了就改了，没有旧的一版可退；不要的课在课程页上停掉，改好表再导一次就更正过来。",
    note="一个计划里一门课一行。再导一次同一门课就是更正次数和作业。",
    icon="cap",
)

REGISTERS = (COURSES,)
