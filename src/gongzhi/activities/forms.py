"""What is asked about brands, plans, the days of the year, recaps and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from gongzhi.events.models import Kind
from gongzhi.places.fields import PlaceField
from gongzhi.places.models import Place
from gongzhi.shared.almanac import OCCASIONS, Sort
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.ui.fields import ClockField, DayField, choice, line, radio, reason, whole, words
from gongzhi.ui.forms import field_of

from . import queries, rules
from .models import Brand, Plan
from .rhythm import NTH, WEEKDAYS, Rhythm

Level = Place.Level
ANYWHERE = (Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.COURTYARD, Level.PARK)


class BrandForm(forms.Form):
    """Asks for a brand (设立品牌)."""

    name = line("名称", "街坊叫得顺口的名字，例如“百姓星期天”", most=40)
    kind = choice("类别", Kind.choices, empty="请选类别，报表按它分")
    summary = words("一句话介绍", "办什么、怎么办，一看就明白", most=200, rows=2)
    audience = line("适合谁", "例如“6到12岁的孩子”“所有街坊”", most=60)
    minutes = whole("一般多少分钟", "分钟", least=15, most=1440)
    min_age = whole("最小年龄", "岁", "不限就空着", least=0, most=120, required=False)
    max_age = whole("最大年龄", "岁", "不限就空着", least=0, most=120, required=False)


class EndBrandForm(forms.Form):
    """Asks why a brand ends (停办品牌)."""

    reason = reason("为什么停办", "街坊看得到")


class PlanForm(forms.Form):
    """Asks where, how often and when a brand is held (排品牌计划); the places follow on the next page."""

    brand = forms.ModelChoiceField(
        label="哪个品牌",
        queryset=Brand.objects.none(),
        empty_label="请选",
        widget=forms.Select({"class": "w-m"}),
        error_messages={"required": "请选一个品牌", "invalid_choice": "选的品牌停办了，请重新选"},
    )
    scope = PlaceField("在哪里", "写名称；下面每个村社都办，就写镇街或县")
    spread = radio(
        "办到哪一级", [("each", "下面每个村社都办"), ("here", "只在这里办")], empty="请选办到哪一级"
    )
    rhythm = radio("多久一次", Plan.Rhythm.choices, empty="请选多久一次")
    weekday = choice("星期几", [(n, f"星期{WEEKDAYS[n]}") for n in range(7)], empty="请选星期几")
    nth = forms.ChoiceField(
        label="当月第几个",
        help_text="只有“每月第几个星期几”才用得上",
        choices=list(NTH.items()),
        widget=forms.Select({"class": "w-m"}),
        required=False,
    )
    first_day = DayField("从哪天起", ahead=True)
    last_day = DayField("到哪天为止", ahead=True)
    begins_at = ClockField("几点开始")
    minutes = whole("多少分钟", "分钟", "空着就照品牌的", least=15, most=1440, required=False)
    capacity = whole("每场名额", "人", "不限人数就空着", required=False)
    skips_holidays = forms.BooleanField(label="法定节假日不办", required=False)

    def __init__(
        self, data: Any = None, *, by: Actor, now: datetime, initial: dict[str, Any] | None = None
    ) -> None:
        day = today(now)
        usual = {
            "spread": "each",
            "rhythm": Plan.Rhythm.WEEKLY,
            "first_day": day + timedelta(days=1),
            "last_day": date(day.year, 12, 31) if day.month < 12 else date(day.year + 1, 6, 30),
        }
        super().__init__(data, initial=usual | (initial or {}))
        self.by, self.now = by, now
        field_of(self, "brand", forms.ModelChoiceField).queryset = queries.brands()
        only = field_of(self, "scope", PlaceField).offer(by, rules.PLAN, *ANYWHERE)
        if only:
            self.initial.setdefault("scope", only)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "最后一天早过第一天，请改其中一个")
        if first and first < today(self.now):
            self.add_error("first_day", "那天已经过了，请从今天或以后排起")
        brand = given.get("brand")
        if brand and not given.get("minutes"):
            given["minutes"] = brand.minutes
        return given

    @property
    def pattern(self) -> Rhythm:
        """The days asked for (节奏)."""
        given = self.cleaned_data
        return Rhythm(
            every=given["rhythm"],
            weekday=int(given["weekday"]),
            nth=int(given["nth"] or 1),
            first=given["first_day"],
            last=given["last_day"],
            skips_holidays=given["skips_holidays"],
        )


class ExtendForm(forms.Form):
    """Asks until when a plan goes on (续排)."""

    until = DayField("续到哪天", ahead=True)


class CustomForm(forms.Form):
    """Asks what a place does on a day of the year (定节令安排)."""

    occasion = choice("哪个日子", (), empty="请从日历里选一个")
    place = PlaceField("在哪个村社")
    title = line("办什么", "例如“包汤圆，送给独居老人”", most=80)
    brand = forms.ModelChoiceField(
        label="算哪个品牌",
        help_text="不算就空着",
        queryset=Brand.objects.none(),
        empty_label="不算品牌",
        required=False,
        widget=forms.Select({"class": "w-m"}),
    )
    address = line("在哪里", "写到找得着的地方，例如“3号院坝”", most=120)
    begins_at = ClockField("几点开始")
    minutes = whole("多少分钟", "分钟", least=15, most=1440)
    capacity = whole("名额", "人", "不限人数就空着", required=False)

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        grouped: list[tuple[str, Sequence[tuple[str, str]]]] = [
            (sort.value, [(o.key, o.label) for o in OCCASIONS.values() if o.sort is sort])
            for sort in Sort
        ]
        field_of(self, "occasion", forms.ChoiceField).choices = [("", "请选"), *grouped]
        field_of(self, "brand", forms.ModelChoiceField).queryset = queries.brands()
        only = field_of(self, "place", PlaceField).offer(
            by, rules.PLAN, Level.VILLAGE, Level.TOWN, Level.COURTYARD
        )
        if only:
            self.initial.setdefault("place", only)


class RecapForm(forms.Form):
    """Asks how an event was (写活动回顾)."""

    words = words(
        "写几句", "来了哪些人、做成了什么、下回怎么办。照片可以不传", most=3000, rows=6,
        empty="一句话也没有写。请写几句，或者先不写",
    )  # fmt: skip


class PhotoForm(forms.Form):
    """Asks for a picture (传照片); the deed judges the consent."""

    file = forms.FileField(
        label="照片",
        help_text="JPG、PNG或WebP，不超过20兆；照片里的时间、地点和机型会去掉",
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
        error_messages={"required": "没有选照片", "empty": "照片是空的，请重新选"},
    )
    caption = line("照片说明", "一句话说照片里是什么，看不见的人靠它听", most=120)
    shows_minors = forms.BooleanField(label="认得出18岁以下的人", required=False)
    consent = line(
        "监护人怎么同意的",
        "认得出孩子才填，例如“妈妈王女士当面同意”",
        most=120,
        required=False,
    )


class WithdrawForm(forms.Form):
    """Asks why a picture comes down (撤照片)."""

    reason = reason("为什么撤下")
