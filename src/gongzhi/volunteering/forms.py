"""What people fill in about volunteer service."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms

from gongzhi.directory import queries as directory
from gongzhi.directory.models import Person, Team
from gongzhi.places.models import Place
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import Actor
from gongzhi.ui.forms import Affix, DayInput, field_of

from . import queries
from .models import Half, Profile, Reach, Skill

WRONG = {
    "required": "请填这一项",
    "invalid": "填的看不懂，请照例子重填",
    "invalid_choice": "选的不在列出来的里面，请重新选一个",
    "max_length": "写得太长，请写短一点",
}
WEEK = tuple(
    (f"{day}-{half}", f"星期{name}{half.label}")
    for day, name in enumerate("一二三四五六日")
    for half in Half
)


def _words(label: str, most: int, hint: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, help_text=hint, required=required, error_messages=WRONG
    )


def _day(label: str, hint: str = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=hint, required=required, widget=DayInput(), error_messages=WRONG
    )


def _clock(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput({"type": "time", "class": "w-s"}, format="%H:%M"),
        error_messages=WRONG,
    )


class ShiftForm(forms.Form):
    """Ask for volunteers (招志愿者)."""

    title = _words("服务内容", 80, "写清做什么，例如“巡沱江：捡一捡岸边的垃圾”")
    place = forms.ChoiceField(label="在哪个村社", error_messages=WRONG)
    address = _words("在哪里集合", 120)
    day = _day("哪天")
    begins = _clock("几点开始")
    ends = _clock("几点结束")
    skill = forms.ChoiceField(
        label="要会什么", choices=Skill.choices, initial=Skill.ANY, error_messages=WRONG
    )
    capacity = forms.IntegerField(
        label="要几个人",
        min_value=1,
        max_value=500,
        widget=Affix("人"),
        error_messages=WRONG | {"min_value": "至少1人", "max_value": "最多500人"},
    )
    team = forms.ChoiceField(label="哪支志愿队", required=False, error_messages=WRONG)
    is_team_only = forms.BooleanField(label="只要本队队员", required=False)
    min_age = forms.IntegerField(
        label="最小几岁",
        min_value=8,
        max_value=70,
        required=False,
        widget=Affix("岁"),
        help_text="不填就是16岁；不满16岁的要有成年人陪同，还要监护人同意",
        error_messages=WRONG | {"min_value": "请填8以上", "max_value": "请填70以内"},
    )
    phone = _words("公开电话", 30, required=False)
    summary = forms.CharField(
        label="说明", max_length=2000, required=False, widget=forms.Textarea, error_messages=WRONG
    )
    is_risky = forms.BooleanField(
        label="可能有人身危险（下河、登高、应急、接触病人）", required=False
    )
    risks = _words("有什么风险、怎么防", 300, "有危险才填，接岗位的人都要先看过", required=False)

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        self.by = by
        villages = queries.villages_for(by)
        own = [t.organization.place for t in self._teams() if t.organization]
        found = {p.pk: p for p in (*villages, *own)}
        field_of(self, "place", forms.ChoiceField).choices = [
            ("", "请选村社"),
            *((p.pk, p.name) for p in found.values()),
        ]
        self._places = found
        field_of(self, "team", forms.ChoiceField).choices = [
            ("", "不归哪支队，社区招的"),
            *((t.pk, t.name) for t in self._teams()),
        ]

    def _teams(self) -> list[Team]:
        if not hasattr(self, "_found_teams"):
            self._found_teams = list(
                directory.teams(self.by)
                .filter(ended_on__isnull=True)
                .select_related("organization__place")
                .order_by("name")[:300]
            )
        return self._found_teams

    def clean_place(self) -> Place:
        return self._places[int(self.cleaned_data["place"])]

    def clean_team(self) -> Team | None:
        chosen = self.cleaned_data["team"]
        return next((t for t in self._teams() if f"{t.pk}" == chosen), None)

    def given(self) -> dict[str, Any]:
        """Return what `services.open_shift` takes."""
        said = dict(self.cleaned_data)
        day, begins, ends = said.pop("day"), said.pop("begins"), said.pop("ends")
        said["starts_at"] = datetime.combine(day, begins, tzinfo=LOCAL)
        said["ends_at"] = datetime.combine(day, ends, tzinfo=LOCAL)
        return said


class InsuranceForm(forms.Form):
    """Note an insurance (记保险)."""

    insurer = _words("承保单位", 60)
    policy_number = _words("保单号", 40)
    since = _day("保险从哪天起")
    until = _day("保险到哪天止", "这一天不含在内，例如保到12月31日就填1月1日")


class TakeForm(forms.Form):
    """Take a shift (接岗位): nothing is asked that this shift and this person do not need."""

    person = forms.ChoiceField(
        label="谁来", widget=forms.RadioSelect({"class": "inline"}), error_messages=WRONG
    )
    was_told_risks = forms.BooleanField(
        label="上面的风险我看过了，知道怎么防",
        required=False,
    )
    companion = forms.ChoiceField(
        label="哪位大人陪着",
        required=False,
        help_text="要先接了这个岗位",
        error_messages=WRONG,
    )
    guardian = _words("监护人姓名", 40, "未成年人要监护人同意", required=False)
    guardian_phone = _words("监护人手机号", 24, required=False)
    accepts_tight = forms.BooleanField(
        label="和当天另一场离得近，也接",
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        people: list[Person],
        minors: bool,
        is_risky: bool,
        is_busy: bool,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        self._people = {f"{p.pk}": p for p in people}
        names = [(pk, p.name) for pk, p in self._people.items()]
        field_of(self, "person", forms.ChoiceField).choices = names
        if len(names) == 1:
            self.fields["person"].widget = forms.HiddenInput()
            self.fields["person"].initial = names[0][0]
        field_of(self, "companion", forms.ChoiceField).choices = [("", "不用陪"), *names]
        if not minors:
            for name in ("companion", "guardian", "guardian_phone"):
                del self.fields[name]
        if not is_risky:
            del self.fields["was_told_risks"]
        if not is_busy:
            del self.fields["accepts_tight"]

    def given(self) -> dict[str, Any]:
        """Return what `services.take_shift` takes."""
        said = dict(self.cleaned_data)
        said["person"] = self._people[said["person"]]
        if "companion" in said:
            said["companion"] = self._people.get(said["companion"])
        return said


class ProfileForm(forms.Form):
    """What one can do, when and how near (我能帮什么)."""

    skills = forms.MultipleChoiceField(
        label="会做什么",
        required=False,
        choices=[(s.value, s.label) for s in Skill if s != Skill.ANY],
        widget=forms.CheckboxSelectMultiple({"class": "inline"}),
        error_messages=WRONG,
    )
    free = forms.MultipleChoiceField(
        label="什么时候有空",
        required=False,
        choices=WEEK,
        help_text="一个都不勾，就是什么时候都行",
        widget=forms.CheckboxSelectMultiple({"class": "inline"}),
        error_messages=WRONG,
    )
    reach = forms.ChoiceField(
        label="愿意走多远",
        choices=Reach.choices,
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages=WRONG,
    )
    wants_stars = forms.BooleanField(
        label="我想看自己的星级", required=False, help_text="只有您自己看得到，不和别人比"
    )

    @classmethod
    def of(cls, profile: Profile, data: Any = None) -> ProfileForm:
        """Return the form as the person left it."""
        return cls(
            data,
            initial={
                "skills": profile.skills,
                "free": profile.free,
                "reach": profile.reach,
                "wants_stars": profile.wants_stars,
            },
        )


class IssueForm(forms.Form):
    """Ask for a certificate (出证明)."""

    since = _day("从哪天")
    until = _day("到哪天")

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"since": today.replace(month=1, day=1), "until": today})


class CheckForm(forms.Form):
    """Check a certificate (验一张)."""

    number = forms.CharField(
        label="编号",
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages=WRONG | {"required": "请填证明右上角的编号"},
    )
    code = forms.CharField(
        label="6位验证码",
        max_length=10,
        widget=forms.TextInput({"autocomplete": "off", "class": "w-s"}),
        error_messages=WRONG | {"required": "请填二维码旁边的6位验证码"},
    )


class CorrectForm(forms.Form):
    """Correct the minutes of one service (更正时长)."""

    minutes = forms.IntegerField(
        label="应该是多少分钟",
        min_value=0,
        max_value=1440,
        widget=Affix("分钟"),
        error_messages=WRONG | {"min_value": "请填0以上", "max_value": "请填1440以内"},
    )
    reason = _words("为什么", 200, "本人看得到")


def read_clock(text: str, day: date) -> datetime | None:
    """Return a time of *day* from what a time field sends, None when it is none."""
    try:
        return datetime.combine(day, time.fromisoformat(text), tzinfo=LOCAL)
    except ValueError:
        return None
