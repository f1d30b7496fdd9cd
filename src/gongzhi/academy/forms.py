"""What is asked about courses, classes, attendance, works, completions and trainers."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from gongzhi.directory import queries as directory
from gongzhi.directory.models import Person
from gongzhi.places import queries as places
from gongzhi.places.fields import PlaceField
from gongzhi.places.models import Place
from gongzhi.shared.calendar import LOCAL, today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.text import normalize
from gongzhi.ui.fields import DayField, line, radio, reason, whole, words
from gongzhi.ui.forms import field_of

from . import rules
from .models import Course, Plan

Level = Place.Level
_LINE = re.compile(
    r"^(?:(\d{4})[年\-/.])?(\d{1,2})[月\-/.](\d{1,2})日?\s*[，, ]?\s*"
    r"(\d{1,2})[:：点](\d{2})?分?\s*[-–—~至到]\s*(\d{1,2})[:：点](\d{2})?分?$"
)


class TimesField(forms.CharField):
    """Sessions, one a line (每次课): `12月1日 14:00–16:00`; the year is the next such day's."""

    def __init__(self, label: str, hint: str = "") -> None:
        super().__init__(
            label=label,
            help_text=hint,
            max_length=6000,
            widget=forms.Textarea({"rows": 6}),
            error_messages={"required": "没有写哪几次课。请一行写一次，例如“12月1日 14:00–16:00”"},
        )
        self.day = date.min

    def clean(self, value: Any) -> list[tuple[datetime, datetime]]:
        found = []
        for number, text in enumerate(super().clean(value).splitlines(), 1):
            text = normalize(text)
            if not text:
                continue
            read = _LINE.match(text)
            wrong = f"第{number}行“{text[:30]}”认不出来。请写成“12月1日 14:00–16:00”这样"
            if read is None:
                raise forms.ValidationError(wrong)
            year, month, day, hour, minute, until, rest = (int(x or 0) for x in read.groups())
            try:
                on = date(year or self.day.year, month, day)
                if not year and on < self.day:
                    on = date(self.day.year + 1, month, day)
                starts = datetime(on.year, on.month, on.day, hour, minute, tzinfo=LOCAL)
                ends = datetime(on.year, on.month, on.day, until, rest, tzinfo=LOCAL)
            except ValueError:
                raise forms.ValidationError(wrong) from None
            if ends <= starts:
                raise forms.ValidationError(f"第{number}行结束不晚于开始，请改好")
            found.append((starts, ends))
        if not found:
            raise forms.ValidationError(self.error_messages["required"])
        return found


class PersonField(forms.CharField):
    """Somebody in the directory (一个人): by name, with the phone when the name is not enough."""

    def __init__(self, label: str, hint: str = "", *, required: bool = True) -> None:
        super().__init__(
            label=label,
            help_text=hint or "写姓名；同名的加上手机号，例如“何女士 13800000000”",
            required=required,
            max_length=60,
            error_messages={"required": f"请填{label}"},
        )
        self.by: Actor | None = None

    def clean(self, value: Any) -> Person | None:
        text = normalize(super().clean(value))
        if not text or self.by is None:
            return None
        name, _, phone = text.partition(" ")
        found = [
            p
            for p in (
                directory.people_with_phone(phone)
                if phone
                else directory.find_people(self.by, name, 20)
            )
            if p.name == name and p.merged_into_id is None
        ]
        if not found:
            raise forms.ValidationError("名录里没有这个人。请核对姓名，或者先到“组织和人”里登记")
        if len(found) > 1:
            raise forms.ValidationError(f"有{len(found)}个{name}，请在姓名后面空一格加上手机号")
        return found[0]


class CourseForm(forms.Form):
    """Asks for a course (设课程)."""

    plan = forms.ModelChoiceField(
        label="哪个计划",
        queryset=Plan.objects.none(),
        empty_label="请选",
        widget=forms.Select({"class": "w-m"}),
        error_messages={"required": "请选一个计划", "invalid_choice": "选的计划停了，请重新选"},
    )
    title = line("课程名称", "例如“怎样开好一次坝坝会”", most=60)
    sessions_wanted = whole("到几次课才结业", "次", least=1, most=60)
    work = line("还要交什么", "例如“一份坝坝会方案”；不用交就空着", most=40, required=False)
    syllabus = words("讲什么", most=2000, rows=4, required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "plan", forms.ModelChoiceField).queryset = Plan.objects.filter(
            ended_on=None
        ).order_by("pk")


class MaterialForm(forms.Form):
    """Asks for a paper (传学习资料)."""

    title = line("资料名称", "例如“坝坝会议程样张”", most=60)
    file = forms.FileField(
        label="文件",
        help_text="PDF、Word、PPT、Excel或图片，不超过50兆",
        error_messages={"required": "没有选文件", "empty": "文件是空的，请重新选"},
    )


class ClassForm(forms.Form):
    """Asks where, when and for whom a class is (开班); seats of towns are asked beside it."""

    course = forms.ModelChoiceField(
        label="哪门课",
        queryset=Course.objects.none(),
        empty_label="请选",
        widget=forms.Select({"class": "w-m"}),
        error_messages={"required": "请选一门课", "invalid_choice": "选的课停了，请重新选"},
    )
    place = PlaceField("在哪里上", "写镇街、村社或县的名称，场次算在那里")
    address = line("教室", "写到找得着的地方，例如“县支持中心二楼”", most=120)
    times = TimesField("每次课", "一行一次，例如“12月1日 14:00–16:00”；学员报第1次课，就是报整个班")
    trainer = PersonField("主讲", required=False)
    capacity = whole("名额", "人", "不限人数就空着；要给镇街分名额必须填", least=1, required=False)
    work_due = DayField("作业哪天前交", "不用交就空着", required=False, ahead=True)
    releases_on = DayField(
        "名额哪天收回", "各镇街没用完的，那天给排队的人", required=False, ahead=True
    )

    def __init__(
        self, data: Any = None, *, by: Actor, now: datetime, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        day = today(now)
        self.initial.setdefault("releases_on", day + timedelta(days=7))
        field_of(self, "course", forms.ModelChoiceField).queryset = (
            Course.objects.filter(ended_on=None).select_related("plan").order_by("plan", "pk")
        )
        field_of(self, "place", PlaceField).offer(
            by, rules.RUN_AT, Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.PARK
        )
        field_of(self, "trainer", PersonField).by = by
        field_of(self, "times", TimesField).day = day
        self.towns = list(places.places_at(Level.TOWN))
        for town in self.towns:
            self.fields[f"seats-{town.pk}"] = forms.IntegerField(
                label=town.name,
                required=False,
                min_value=0,
                max_value=9999,
                widget=forms.NumberInput({"class": "w-s"}),
                error_messages={"invalid": "请填整数", "min_value": "请填0以上的数"},
            )

    def main_fields(self) -> list[forms.BoundField]:
        """The fields of the class itself."""
        return [self[name] for name in self.fields if not name.startswith("seats-")]

    def seat_fields(self) -> list[forms.BoundField]:
        """The seats of towns, in the official order."""
        return [self[name] for name in self.fields if name.startswith("seats-")]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        seats = {
            int(name.partition("-")[2]): given.pop(name)
            for name in list(given)
            if name.startswith("seats-")
        }
        given["quotas"] = {town: n for town, n in seats.items() if n}
        if given["quotas"] and not given.get("capacity"):
            self.add_error("capacity", "给镇街分了名额，请填一共几个名额")
        elif given["quotas"] and sum(given["quotas"].values()) > given["capacity"]:
            self.add_error(
                "capacity",
                f"各镇街加起来{sum(given['quotas'].values())}个，多过一共{given['capacity']}个，请改",
            )
        if given["quotas"] and not given.get("releases_on"):
            self.add_error("releases_on", "请填没用完的名额哪天收回")
        return given


class MarkForm(forms.Form):
    """Asks what becomes of a cell of the sheet (改到课)."""

    mark = radio("到课情况", [("到", "到了"), ("假", "请假"), ("缺", "缺课")], empty="请选一个")
    reason = reason("原因", "例如“纸单上签了名”“提前打过电话”", most=120)


class WorkForm(forms.Form):
    """Asks what was handed in (收作业)."""

    title = line("交的是什么", "题目或一句话", most=80)
    received_on = DayField("哪天收到")


class CompleteForm(forms.Form):
    """Asks why somebody completes although something is missing (写明理由办结业)."""

    override = reason("为什么可以结业")


class RevokeForm(forms.Form):
    """Asks why a completion is revoked (作废结业)."""

    reason = reason("为什么作废", "核验证书的人看得到")


class TrainerForm(forms.Form):
    """Asks who teaches what (登记讲师)."""

    person = PersonField("是谁")
    subject = line("能讲什么", "例如“开坝坝会、调解邻里纠纷”", most=120)

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "person", PersonField).by = by


class QualifyForm(forms.Form):
    """Asks why somebody may teach although a requirement is not met (写明理由认定)."""

    override = reason("为什么可以认定")


class VerifyForm(forms.Form):
    """Asks for what stands on a certificate (核验结业证)."""

    number = line("证书编号", "例如JY-2026-00033-001", most=30)
    code = line("验证码", "证书上的八位字母和数字", most=12)
