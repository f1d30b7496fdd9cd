"""
Makers of files and imports, and a small register over aliases of places that only tests declare.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from gongzhi.places.models import Alias, Place
from gongzhi.shared import codes
from gongzhi.shared.permissions import HOUSE, Actor, Permission, Role
from gongzhi.shared.registers import (
    Column,
    Fault,
    Register,
    Verdict,
    Withdrawn,
    Written,
    registers,
)
from gongzhi.shared.spreadsheets import read_digits

from . import services
from .models import Import

NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
HEADER = ("村社", "别名", "联系电话", "说明")

KEEP_ALIASES = Permission(
    code="test.keep-aliases",
    label="登记别名",
    roles=frozenset({Role.COUNTY_OPERATOR, Role.TOWN_OFFICER}),
)


def _read_places(values: Sequence[Any], context: Any) -> tuple[list, dict[int, Fault]]:
    found: list[Any] = []
    faults: dict[int, Fault] = {}
    for i, value in enumerate(values):
        found.append(context.places.get(str(value or "").strip(), 0))
        if not found[-1] and value:
            faults[i] = _Near(
                kind="村社不认得", wrong=f"没有“{value}”", mend="填村社全名", near=(context.first,)
            )
    return found, faults


def _read_phones(values: Sequence[Any], context: Any) -> tuple[list, dict[int, Fault]]:
    texts = [read_digits(v) or "" for v in values]
    wrong = {i: codes.phone_faults(t) for i, t in enumerate(texts) if t}
    return texts, {
        i: Fault(kind="手机号", wrong=f.wrong, mend=f.mend) for i, f in wrong.items() if f
    }


class _Near(Fault):
    def __init__(self, *, near: tuple[str, ...], **named: str) -> None:
        super().__init__(**named)
        object.__setattr__(self, "near", near)


def _prepare(by: Actor, place: Place, now: datetime, options: dict) -> Any:
    here = Place.objects.filter(path__startswith=place.path)
    places = dict(here.values_list("name", "pk"))
    kept = {(a.place_id, a.name): a.note for a in Alias.objects.filter(place__in=here)}
    return SimpleNamespace(places=places, first=next(iter(places)), kept=kept, seen={})


def _judge(rows: dict[str, Sequence[Any]], context: Any) -> Verdict:
    verdict = Verdict()
    for i, key in enumerate(zip(rows["place"], rows["alias"], strict=True)):
        earlier = context.seen.setdefault(key, rows["row"][i])
        if earlier != rows["row"][i]:
            verdict.faults[i] = [
                Fault(
                    kind="表里重复", wrong=f"和第{earlier}行一样", mend="删掉一行", column="alias"
                )
            ]
        elif key not in context.kept:
            verdict.new.append(i)
        else:
            same = context.kept[key] == rows["note"][i]
            (verdict.same if same else verdict.changed).append(i)
    return verdict


def _write(by: Actor, rows: dict[str, list], context: Any, now: datetime) -> Written:
    written = Written(trace={"ids": []})
    for place, name, note in zip(rows["place"], rows["alias"], rows["note"], strict=True):
        alias, is_new = Alias.objects.get_or_create(
            place_id=place, name=name, defaults={"note": note}
        )
        if is_new:
            written.new += 1
            written.trace["ids"].append(alias.pk)
        elif alias.note != note:
            written.changed += 1
            Alias.objects.filter(pk=alias.pk).update(note=note)
        else:
            written.same += 1
    return written


def _withdraw(by: Actor, trace: dict, reason: str, now: datetime) -> Withdrawn:
    taken = Alias.objects.filter(pk__in=trace["ids"]).exclude(note="留着").delete()[0]
    return Withdrawn(taken=taken, kept=len(trace["ids"]) - taken)


ALIASES = Register(
    key="test.aliases",
    label="村社别名",
    unit="条",
    named="alias",
    columns=(
        Column(
            key="place",
            label="村社",
            aliases=("所属村社", "社区"),
            required=True,
            read=_read_places,
            choices=("青溪社区", "红旗村"),
            example="青溪社区",
            hint="填全名",
        ),
        Column(
            key="alias", label="别名", aliases=("俗称", "小名"), required=True, example="大院子"
        ),
        Column(
            key="phone",
            label="手机号",
            aliases=("联系电话", "电话"),
            read=_read_phones,
            personal="S2",
            mask=codes.mask_phone,
        ),
        Column(key="note", label="说明", aliases=("备注",)),
    ),
    permission=KEEP_ALIASES,
    prepare=_prepare,
    judge=_judge,
    write=_write,
    withdraw=_withdraw,
    unwanted=("政治面貌",),
    unwanted_reason="平台不登记个人政治面貌",
)


@contextmanager
def declared_aliases() -> Iterator[Register]:
    """Declare the register of aliases for as long as a test runs."""
    registers()[ALIASES.key] = ALIASES
    try:
        yield ALIASES
    finally:
        registers().pop(ALIASES.key, None)


def rows_of(count: int, place: str = "青溪社区") -> list[tuple[str, str, str, str]]:
    """Return *count* good rows for the register of aliases."""
    return [(place, f"{i}号大院", f"1990000{i:04d}", "老地名") for i in range(1, count + 1)]


def make_xlsx(
    rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER, titles: Sequence[str] = ()
) -> bytes:
    """Return an xlsx with *titles* above the header, as offices write them."""
    from xlsxwriter import Workbook

    target = io.BytesIO()
    book = Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet("登记表")
    for number, row in enumerate([*((t,) for t in titles), header, *rows]):
        page.write_row(number, 0, row)
    book.close()
    return target.getvalue()


def make_csv(
    rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER, encoding: str = "utf-8-sig"
) -> bytes:
    """Return a csv in *encoding*."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def make_import(
    rows: Iterable[Sequence[Any]] = (),
    *,
    by: Actor = HOUSE,
    place: Place,
    register: Register = ALIASES,
    data: bytes = b"",
    name: str = "村社别名登记表.xlsx",
    now: datetime = NOON,
) -> Import:
    """Return an import that was received and looked over."""
    return services.receive_file(
        by=by,
        register=register,
        place=place,
        name=name,
        data=data or make_xlsx(rows),
        now=now,
    )
