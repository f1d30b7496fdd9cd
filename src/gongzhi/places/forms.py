"""What is asked before the network is changed."""

from __future__ import annotations

from typing import Any

from django import forms

from gongzhi.ui.forms import DayInput, field_of

from . import queries
from .fields import PlaceField
from .models import Place, PlaceLink
from .services import LINKABLE

Kind, Level = Place.Kind, Place.Level
CODE_HINT = "批复里有新代码就填，没有就留空"
DAY_UNCLEAR = "看不懂这个日期。写成2026-03-12这样。"


class DeedForm(forms.Form):
    """Asks about one place (地点的办理)."""

    def __init__(self, *args: Any, place: Place, **named: Any) -> None:
        super().__init__(*args, **named)
        self.place = place
        self.prepare()

    def prepare(self) -> None:
        """Fit the fields to the place."""


class CourtyardForm(DeedForm):
    """Asks for a courtyard (登记院落)."""

    name = forms.CharField(
        label="名称",
        max_length=60,
        help_text="照门牌写，例如“十里家园3号院”",
        error_messages={"required": "没有填名称。照门牌写，例如“十里家园3号院”。"},
    )
    kind = forms.ChoiceField(
        label="是哪一种",
        choices=[(k.value, k.label) for k in (Kind.COURTYARD, Kind.ESTATE, Kind.GROUP)],
        widget=forms.RadioSelect,
        initial=Kind.COURTYARD.value,
        error_messages={"required": "没有选是哪一种。从下面选一种。"},
    )


class EffectiveForm(DeedForm):
    """Asks from which day, on what grounds (生效)."""

    effective_on = forms.DateField(
        label="生效日期",
        widget=DayInput,
        help_text="批复或公告上写的那一天，不能晚于今天",
        error_messages={
            "required": "没有填生效日期。照批复写，例如2026年3月12日。",
            "invalid": DAY_UNCLEAR,
        },
    )
    source = forms.CharField(
        label="依据",
        max_length=120,
        required=False,
        help_text="文号或公告，例如“金府函〔2026〕8号”",
    )


def _sure(words: str) -> forms.BooleanField:
    """Return the box to tick before what cannot be undone."""
    return forms.BooleanField(
        label=words,
        error_messages={"required": "这件事不能撤回。看清上面的后果，打上勾再办。"},
    )


class RenameForm(EffectiveForm):
    """Asks for the new name and code (更名)."""

    name = forms.CharField(
        label="新名称",
        max_length=60,
        help_text="只换代码的，照原名填",
        error_messages={"required": "没有填新名称。只换代码的，照原名填。"},
    )
    code = forms.CharField(label="新区划代码", max_length=12, required=False, help_text=CODE_HINT)
    field_order = ("name", "code", "effective_on", "source")

    def prepare(self) -> None:
        self.initial.setdefault("name", self.place.name)
        if self.place.level not in (Level.COUNTY, Level.TOWN, Level.VILLAGE):
            del self.fields["code"]


class MoveForm(EffectiveForm):
    """Asks for the new parent (改隶属)."""

    parent = PlaceField(
        "改到哪里下面", "写名称，打两个字会列出来", empty="没有填改到哪里下面。写镇街或村社的名称"
    )
    code = forms.CharField(label="新区划代码", max_length=12, required=False, help_text=CODE_HINT)
    field_order = ("parent", "effective_on", "code", "source")

    def prepare(self) -> None:
        above = self.place.level - 1
        field_of(self, "parent", PlaceField).among([above], queries.places_at(above))
        if self.place.level != Level.VILLAGE:
            del self.fields["code"]


class MergeForm(EffectiveForm):
    """Asks for the successor (合并)."""

    into = PlaceField(
        "并入哪里",
        "写同一级地点的名称，打两个字会列出来",
        empty="没有填并入哪里。写同一级地点的名称",
    )
    sure = _sure("核对过批复；知道合并不能撤回")
    field_order = ("into", "effective_on", "source", "sure")

    def prepare(self) -> None:
        sisters = queries.places_at(self.place.level).exclude(pk=self.place.pk)
        field_of(self, "into", PlaceField).among([self.place.level], sisters)


class CloseForm(DeedForm):
    """Asks for the day and the reason (撤销)."""

    effective_on = forms.DateField(
        label="哪一天撤销的",
        widget=DayInput,
        help_text="批复或公告上写的那一天，不能晚于今天",
        error_messages={
            "required": "没有填哪一天撤销的。照批复写，例如2026年3月12日。",
            "invalid": DAY_UNCLEAR,
        },
    )
    reason = forms.CharField(
        label="为什么撤销",
        max_length=120,
        help_text="文号或原因，例如“整体拆迁，金府函〔2026〕8号”",
        error_messages={"required": "没有写为什么撤销。写清楚文号或原因。"},
    )
    sure = _sure("没有地方接手；知道撤销不能撤回")


class AliasForm(DeedForm):
    """Asks for another name (别名)."""

    name = forms.CharField(
        label="别名",
        max_length=60,
        help_text="旧地名、简称、俗名",
        error_messages={"required": "没有填别名。写大家还在用的旧地名或简称。"},
    )
    note = forms.CharField(
        label="说明", max_length=120, required=False, help_text="例如“2019年以前的名称”"
    )


class AliasDropForm(DeedForm):
    """Asks which alias was a mistake (去掉别名)."""

    name = forms.ChoiceField(
        label="去掉哪一个",
        error_messages={
            "required": "没有选去掉哪一个。从列表里选。",
            "invalid_choice": "这里没有这个别名。从列表里选。",
        },
    )
    reason = forms.CharField(label="为什么去掉", max_length=120, required=False)

    def prepare(self) -> None:
        names = self.place.aliases.order_by("pk").values_list("name", flat=True)
        field_of(self, "name", forms.ChoiceField).choices = [(name, name) for name in names]


class ParkForm(DeedForm):
    """Asks for a park (登记园区)."""

    name = forms.CharField(
        label="园区名称",
        max_length=60,
        help_text="照批复写全称，例如“淮州新城”",
        error_messages={"required": "没有填园区名称。照批复写全称。"},
    )


class LinkForm(DeedForm):
    """Asks what a park lies over (园区覆盖)."""

    covered = PlaceField(
        "覆盖哪里",
        "镇街、村社或院落的名称，打两个字会列出来",
        empty="没有填覆盖哪里。写镇街、村社或院落的名称",
    )
    is_whole = forms.TypedChoiceField(
        label="覆盖多少",
        coerce=lambda value: value == "whole",
        choices=[
            ("whole", "全部\n整个在园区里，计入园区的数"),
            ("part", "一部分\n只作说明，不计入园区的数"),
        ],
        widget=forms.RadioSelect,
        initial="whole",
        error_messages={"required": "没有选覆盖多少。只有一部分的，请选第二项。"},
    )
    since = forms.DateField(
        label="从哪天起",
        widget=DayInput,
        help_text="照批复写；从那个月的1日起计",
        error_messages={"required": "没有填从哪天起。照批复写。", "invalid": DAY_UNCLEAR},
    )

    def prepare(self) -> None:
        offered = Place.objects.filter(queries.open_on(), level__in=LINKABLE[:2])
        field_of(self, "covered", PlaceField).among(LINKABLE, offered.order_by("sort_key"))


class UnlinkForm(DeedForm):
    """Asks what a park no longer lies over (结束园区覆盖)."""

    covered = forms.ModelChoiceField(
        label="不再覆盖哪里",
        queryset=Place.objects.none(),
        empty_label=None,
        error_messages={
            "required": "没有选不再覆盖哪里。从列表里选。",
            "invalid_choice": "园区现在没有覆盖那里。从列表里选。",
        },
    )
    until = forms.DateField(
        label="到哪天止",
        widget=DayInput,
        help_text="照批复写；那个月的1日起不再计",
        error_messages={"required": "没有填到哪天止。照批复写。", "invalid": DAY_UNCLEAR},
    )
    reason = forms.CharField(label="依据或理由", max_length=120, required=False)

    def prepare(self) -> None:
        open_links = PlaceLink.objects.filter(park=self.place, until__isnull=True)
        covered = Place.objects.filter(covered_by__in=open_links).order_by("sort_key")
        field_of(self, "covered", forms.ModelChoiceField).queryset = covered
