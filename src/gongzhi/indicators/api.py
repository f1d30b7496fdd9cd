"""The open interface of figures: the same readings, the same sentences as on the pages."""

from __future__ import annotations

from typing import Any, Literal

from django.utils import timezone
from ninja import Router, Schema, Status

from gongzhi.figures import queries as figures
from gongzhi.places import queries as places
from gongzhi.shared.measures import Ratio
from gongzhi.shared.periods import parse_period
from gongzhi.ui.doors import Request

from . import queries, rules

router = Router()


class MeasureOut(Schema):
    """A figure that can be asked for (指标)."""

    key: str
    label: str
    unit: str
    rule: str
    kind: str
    public: bool
    appraisal: bool


class FigureOut(Schema):
    """One figure with its rule, period and cut-off (读数)."""

    key: str
    label: str
    place: str
    code: str
    value: float | int | None
    suppressed: bool
    unit: str
    numerator: int | None
    denominator: int | None
    period: str
    tree: str
    cut_off: str
    rule: str
    beside: dict[str, str]


class FigureWithParts(FigureOut):
    """A figure and, where asked for, those of the places right beneath (分地点)."""

    parts: list[FigureOut] = []


class Sorry(Schema):
    """Why there is no answer, in the words of the pages (谢绝)."""

    code: str
    detail: str


@router.get("/figures", response=list[MeasureOut], auth=None, summary="有哪些指标")
def figure_list(request: Request) -> list[dict[str, Any]]:
    """List the measures that whoever asks may read (指标)."""
    return [
        {
            "key": m.key,
            "label": m.label,
            "unit": m.unit,
            "rule": m.rule,
            "kind": "ratio" if isinstance(m, Ratio) else "flow" if queries.is_flow(m) else "stock",
            "public": m.public,
            "appraisal": getattr(m, "appraisal", True),
        }
        for m in figures.visible(request.user)
    ]


@router.get(
    "/figures/{key}",
    response={200: FigureWithParts, 403: Sorry, 404: Sorry, 422: Sorry},
    auth=None,
    summary="读一个指标",
)
def figure_detail(
    request: Request,
    key: str,
    place: str = "",
    period: str = "",
    tree: Literal["then", "now"] = "then",
    parts: bool = False,
) -> Status[Any]:
    """Read one figure: `place` is a code or a name, `period` 2021, 2021-Q3, 2021-08 or two days joined by `..`."""
    now, user = timezone.now(), request.user
    try:
        measure = queries.find_measure(key)
    except queries.NoSuchMeasure as refusal:
        return Status(404, {"code": refusal.code, "detail": str(refusal)})
    where = places.find_place(place) if place else places.county()
    sees = rules.SEE.at(user, where.path)
    if not (measure.public or sees):
        refused = figures.NotPublic(label=measure.label)
        return Status(403, {"code": refused.code, "detail": str(refused)})
    when = parse_period(period) if period else queries.one_day(timezone.localdate(now))
    named: dict[str, Any] = {"now": now, "as_now": tree == "now", "public": not sees}
    if not parts:
        return Status(200, queries.as_data(queries.figure(measure, where, when, **named)))
    whole, below = queries.by_place(measure, where, when, **named)
    parts_out = {"parts": [queries.as_data(one) for one in below]}
    return Status(200, queries.as_data(whole) | parts_out)
