"""What was given, and which micro-funds there are; every figure opens its gifts and funds."""

from __future__ import annotations

from typing import Any

from gongzhi.shared.measures import Book, Counts, Holding, Measure

from .models import Donation, Fund

GIFTS = Book(
    key="foundation.gifts",
    records=lambda: Donation.objects.filter(voided_at=None),
    place="fund__place",
    day="received_on",
    subject="donor",
    amount="amount_fen",
    facets=("fund__kind",),
)
MICRO_FUNDS = Holding(
    key="foundation.micro-funds",
    records=lambda: Fund.objects.filter(kind=Fund.Kind.MICRO),
    place="place",
    since="opened_on",
    until="closed_on",
)
_RULE = "到了账、开了收据的捐赠，按到账那天算；作废的收据不算，基金之间转的钱不算。"
_SAID: dict[str, Any] = {
    "of": GIFTS,
    "counts": Counts.TOTAL,
    "public": True,
    "appraisal": False,
    "listing": "foundation.gifts",
    "unit": "分",
    "icon": "coin",
}

MEASURES = (
    Measure(key="foundation.raised", label="筹资", rule=_RULE, **_SAID),
    Measure(
        key="foundation.endowment-raised",
        label="本金筹资",
        rule=f"只数给基金会本金的。{_RULE}",
        facet="fund__kind=endowment",
        **_SAID,
    ),
    Measure(
        key="foundation.micro-raised",
        label="微基金募资",
        rule=f"只数给微基金的，按微基金在哪里算。{_RULE}",
        facet="fund__kind=micro",
        **_SAID,
    ),
    Measure(
        key="foundation.micro-funds",
        label="微基金",
        unit="支",
        rule="设立了、没有关闭的微基金，冻结的也算，按微基金在哪里算。",
        of=MICRO_FUNDS,
        counts=Counts.RECORDS,
        public=True,
        appraisal=False,
        listing="foundation.micro-funds",
        icon="coin",
    ),
)
