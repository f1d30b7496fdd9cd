"""Ratings as they are published: an organization, a grade, from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from gongzhi.directory import queries
from gongzhi.directory.models import Organization, Rating
from gongzhi.shared.registers import Fault, Verdict, Written

from .context import Context

Rows = dict[str, Sequence[Any]]


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍)."""
    verdict = Verdict()
    faults = verdict.faults
    organizations = _organizations(rows, context, faults)
    rows["organization_id"] = [o.pk if o else 0 for o in organizations]
    _days(rows, faults)
    keys = list(zip(rows["organization_id"], rows["valid_from"], strict=True))
    context.twice(rows, keys, faults, "valid_from", "组织和评定日期")
    known = _known(rows)
    for i, key in enumerate(keys):
        if i in faults:
            continue
        rating = known.get(key)
        if rating is None:
            verdict.new.append(i)
        elif rating.grade != int(rows["grade"][i]):
            faults[i] = [
                Fault(
                    kind="和名录对不上",
                    wrong=f"名录里这一天评的是{rating.grade}A，等级不同",
                    mend="照评估公告核对；名录写错了就先在组织页面取消那一个",
                    column="grade",
                )
            ]
        else:
            verdict.same.append(i)
    return verdict


def pour(rows: Rows, context: Context, now: datetime) -> Written:
    """Write a chunk of good rows (写一批): a rating ends where the next of the same organization begins."""
    known = _known(rows)
    written = Written()
    touched: set[int] = set()
    for i, (organization, since) in enumerate(
        zip(rows["organization_id"], rows["valid_from"], strict=True)
    ):
        if (organization, since) in known:
            written.same += 1
            continue
        Rating.objects.create(
            organization_id=organization,
            grade=int(rows["grade"][i]),
            valid_from=date.fromisoformat(since),
            valid_until=date.fromisoformat(rows["valid_until"][i]),
            authority=rows["authority"][i],
            document=rows["document"][i],
        )
        touched.add(organization)
        written.new += 1
    for organization in touched:
        _one_at_a_time(organization)
    return written


def _organizations(
    rows: Rows, context: Context, faults: dict[int, list[Fault]]
) -> list[Organization | None]:
    codes = [code for code in rows["uscc"] if code]
    by_code = {o.uscc: o for o in Organization.objects.filter(uscc__in=codes)}
    by_name: dict[str, list[Organization]] = {}
    for o in Organization.objects.filter(name__in=list(rows["name"]), ended_on=None):
        by_name.setdefault(o.name, []).append(o)
    found: list[Organization | None] = []
    for i, (name, code) in enumerate(zip(rows["name"], rows["uscc"], strict=True)):
        called = by_name.get(name, [])
        organization = by_code.get(code) if code else (called[0] if len(called) == 1 else None)
        if wrong := _wrong(organization, name, code, len(called), context):
            faults[i] = [wrong]
            organization = None
        found.append(organization)
    return found


def _wrong(
    organization: Organization | None, name: str, code: str, called: int, context: Context
) -> Fault | None:
    if organization is None:
        if not code and called > 1:
            wrong, mend = f"叫“{name}”的组织有{called}家，分不清是哪一家", "填统一社会信用代码"
        elif not code and not name:
            wrong, mend = "没有填组织名称，也没有代码", "至少填一样，最好填代码"
        else:
            wrong, mend = "名录里没有这家组织", "先导入组织，或者核对名称和代码"
    elif name and organization.name != name:
        wrong = f"名录里这个代码是“{organization.name}”，名称不同"
        mend = "照评估公告核对名称和代码"
    elif organization.kind not in Organization.SOCIAL:
        wrong = f"它是{organization.get_kind_display()}，不参加社会组织评估"
        mend = "看看是不是填错了组织"
    elif not context.covers(organization.place_id):
        wrong, mend = "这家组织不在这次导入的范围", "请由那边导入"
    else:
        return None
    return Fault(kind="组织不认得", wrong=wrong, mend=mend, column="name")


def _days(rows: Rows, faults: dict[int, list[Fault]]) -> None:
    """Say until when each rating holds: the day after the last one given, else by the dated rule."""
    until = []
    for i, (since, last) in enumerate(zip(rows["valid_from"], rows["last"], strict=True)):
        if not since:
            until.append("")
            continue
        begins = date.fromisoformat(since)
        ends = date.fromisoformat(last) + timedelta(days=1) if last else queries.rating_ends(begins)
        if ends <= begins:
            faults.setdefault(i, []).append(
                Fault(
                    kind="日期",
                    wrong="有效期止在有效期起之前",
                    mend="照评估公告核对两个日期",
                    column="last",
                )
            )
        until.append(ends.isoformat())
    rows["valid_until"] = until


def _known(rows: Rows) -> dict[tuple[int, str], Rating]:
    found = Rating.objects.filter(organization__in=set(rows["organization_id"]))
    return {(r.organization_id, r.valid_from.isoformat()): r for r in found}


def _one_at_a_time(organization: int) -> None:
    """End each rating of an organization where the next one begins."""
    following: date | None = None
    for rating in Rating.objects.filter(organization=organization).order_by("-valid_from"):
        if following is not None and rating.valid_until > following:
            rating.valid_until = following
            rating.save(update_fields=["valid_until"])
        following = rating.valid_from
