"""Yearly incomes of village collectives, one row a village and year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from gongzhi.directory.models import CollectiveYear, Organization
from gongzhi.places.models import Place
from gongzhi.shared.money import Money
from gongzhi.shared.registers import Fault, Verdict, Written

from .context import Context

Rows = dict[str, Sequence[Any]]


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍)."""
    verdict = Verdict()
    faults = verdict.faults
    places = context.places(rows.pop("town"), rows.pop("place"))
    villages = set(
        Place.objects.filter(
            pk__in=[p for p in places if type(p) is int], level=Place.Level.VILLAGE
        ).values_list("pk", flat=True)
    )
    rows["place_id"] = [p if type(p) is int else 0 for p in places]
    for i, place in enumerate(places):
        found: list[Fault] = []
        if isinstance(place, Fault):
            found.append(place)
        elif place not in villages:
            found.append(
                Fault(
                    kind="村社不认得",
                    wrong="这里要填村（社区），填的是院落",
                    mend="填到村社",
                    column="place",
                )
            )
        if rows["year"][i] and rows["year"][i] >= context.on.year:
            found.append(
                Fault(
                    kind="年度",
                    wrong=f"{rows['year'][i]}年度还没有过完",
                    mend="填已经过完的年度",
                    column="year",
                )
            )
        if rows["income"][i] is None:
            found.append(
                Fault(
                    kind="金额",
                    wrong="没有填经营收入",
                    mend="没有收入填0；不清楚就先不填这一行",
                    column="income",
                )
            )
        if found:
            faults[i] = found
    keys = list(zip(rows["place_id"], rows["year"], strict=True))
    context.twice(rows, keys, faults, "year", "村社和年度")
    known = _known(rows)
    for i, key in enumerate(keys):
        if i in faults:
            continue
        year = known.get(key)
        if year is None:
            verdict.new.append(i)
        elif year.income_fen != (income := rows["income"][i]):
            verdict.changed.append(i)
            verdict.changes[i] = {"income": (_yuan(year.income_fen), _yuan(income))}
        else:
            verdict.same.append(i)
    return verdict


def pour(rows: Rows, context: Context, now: datetime) -> Written:
    """Write a chunk of good rows (写一批); each year then holds until the next one registered."""
    known = _known(rows)
    holders = dict(
        Organization.objects.filter(
            kind=Organization.Kind.COLLECTIVE, place__in=set(rows["place_id"]), ended_on=None
        )
        .order_by("-pk")
        .values_list("place_id", "pk")
    )
    written = Written()
    for place, year, income in zip(rows["place_id"], rows["year"], rows["income"], strict=True):
        kept = known.get((place, year))
        if kept is None:
            CollectiveYear.objects.create(
                place_id=place,
                year=year,
                since=date(year + 1, 1, 1),
                income_fen=income,
                organization_id=holders.get(place),
            )
            written.new += 1
        elif kept.income_fen != income:
            kept.income_fen = income
            kept.save(update_fields=["income_fen"])
            written.changed += 1
        else:
            written.same += 1
    _line_up(set(rows["place_id"]))
    return written


def _yuan(fen: int) -> str:
    return str(Money(fen))


def _known(rows: Rows) -> dict[tuple[int, int], CollectiveYear]:
    found = CollectiveYear.objects.filter(place__in=set(rows["place_id"]))
    return {(y.place_id, y.year): y for y in found}


def _line_up(places: set[int]) -> None:
    """Let each year of these villages hold until the next one registered begins."""
    following: dict[int, date] = {}
    for year in CollectiveYear.objects.filter(place__in=places).order_by("place", "-year"):
        until = following.get(year.place_id)
        if year.until != until:
            year.until = until
            year.save(update_fields=["until"])
        following[year.place_id] = year.since
