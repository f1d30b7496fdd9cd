"""What people fill in about centers, their hours, rooms and bookings."""

from __future__ import annotations

from typing import Any

from django import forms

from gongzhi.directory.models import Organization
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor
from gongzhi.ui.fields import BAD_CHOICE, line
from gongzhi.ui.forms import Affix, DayInput, field_of

from . import queries
from .models import Center, Service, Venue
from .timetable import HALVES, WEEKDAYS, Timetable, clock, half_of, stretches_of

DAY_FORMATS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d"]
BAD_DAY = "这个日期认不出来，请写成2026年12月3日这样"


def day_field(label: str, hint: str = "", *, required: bool = True) -> forms.DateField:
    """Return a field for one day (日期), also read when it is written in Chinese."""
    return forms.DateField(
        label=label,
        help_text=hint,
        required=required,
        widget=DayInput(),
        input_formats=DAY_FORMATS,
        error_messages={"required": f"请填{label}", "invalid": BAD_DAY},
    )


def reason_field(label: str, hint: str = "") -> forms.CharField:
    """Return a field for a reason (原因) that somebody will read."""
    return line(label, hint, most=200)


class HoursField(forms.CharField):
    """The hours of one day in words (开放时间): 9:00–12:00、14:00–17:30; empty means closed."""

    def __init__(self, label: str, hint: str = "") -> None:
        super().__init__(label=label, help_text=hint, required=False, max_length=60)

    def clean(self, value: Any) -> tuple[tuple[int, int], ...]:
        read = stretches_of(super().clean(value))
        if read is None:
            raise forms.ValidationError(
                f"{self.label}的时间认不出来，请写成9:00–12:00、14:00–17:30这样，只写整点或半点"
            )
        return read


class BookForm(forms.Form):
    """Book a venue (约场地)."""

    day = day_field("哪一天")
    begins = forms.TypedChoiceField(label="从几点", coerce=int, error_messages=BAD_CHOICE)
    ends = forms.TypedChoiceField(label="到几点", coerce=int, error_messages=BAD_CHOICE)
    purpose = line("用来做什么", "写一句，例如“坝坝会，商量停车”", most=80)
    headcount = forms.IntegerField(
        label="来多少人",
        min_value=1,
        widget=Affix("人"),
        error_messages={
            "required": "请填来多少人",
            "invalid": "来多少人请填数字，例如12",
            "min_value": "来多少人请填1以上的数字",
        },
    )
    organization = forms.CharField(required=False)
    name = line("替谁约", "写称呼，例如“罗大爷”；自己用就留空", most=40, required=False)
    phone = line(
        "另留一个手机号",
        "有变动时打这个号；留空就打您账号的手机号",
        most=20,
        required=False,
        inputmode="tel",
        autocomplete="tel",
    )

    def __init__(
        self,
        *args: Any,
        venue: Venue,
        timetable: Timetable,
        by: Actor,
        for_others: bool,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        edges = [
            edge
            for _, week in timetable.weeks
            for stretches in week.values()
            for stretch in stretches
            for edge in stretch
        ]
        first, last = (min(edges), max(edges)) if edges else (0, HALVES)
        times = [(half, clock(half)) for half in range(first, last + 1)]
        field_of(self, "begins", forms.TypedChoiceField).choices = times[:-1]
        field_of(self, "ends", forms.TypedChoiceField).choices = times[1:]
        self.fields["headcount"].help_text = f"{venue.name}坐得下{venue.capacity}人"
        for time in ("begins", "ends"):
            self.fields[time].widget.attrs["class"] = "w-s"
        self._for_others, self._own = for_others, []
        if for_others:
            self.fields["organization"] = line(
                "替哪家组织约",
                "写组织的全名、简称或统一社会信用代码；不是组织用就留空",
                most=100,
                required=False,
            )
            return
        del self.fields["name"]
        self._own = list(queries.organizations_booked_for(by))
        if self._own:
            self.fields["organization"] = forms.ChoiceField(
                label="以谁的名义",
                required=False,
                choices=[("", "我自己"), *((str(o.pk), o.name) for o in self._own)],
                widget=forms.RadioSelect,
            )
        else:
            del self.fields["organization"]

    def clean_organization(self) -> Organization | None:
        given = self.cleaned_data["organization"].strip()
        if not given:
            return None
        if not self._for_others:
            return next(o for o in self._own if str(o.pk) == given)
        found = queries.find_organization(given)
        if found is None:
            raise forms.ValidationError(
                f"名录里没有正好叫“{given[:40]}”的组织，请写全名或信用代码；还没有登记就先留空，写在“替谁约”里"
            )
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        begins, ends = given.get("begins"), given.get("ends")
        if begins is not None and ends is not None and ends <= begins:
            self.add_error("ends", "结束不晚于开始，请把结束时间改到开始以后")
        return given


class DeclineForm(forms.Form):
    """Turn a booking down (谢绝预约)."""

    reason = reason_field("为什么约不成", "约场地的人看得到，可以写上哪天能用")


class CenterForm(forms.Form):
    """What the public reads about a center (中心信息)."""

    address = line("地址", "写到楼层，例如“赵镇街道迎宾大道60号一楼”", most=120)
    phone = line("公开电话", "街坊打得通的那个号", most=30, inputmode="tel")
    intro = forms.CharField(
        label="简介",
        help_text="一两句话，说清来这里能办什么",
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )
    services = forms.MultipleChoiceField(
        label="提供哪些服务",
        choices=Service.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "inline"}),
    )
    rests_on_holidays = forms.BooleanField(
        label="法定节假日休息，调休上班日照常开门", required=False, initial=True
    )


class OpenForm(CenterForm):
    """Open a center (设立支持中心)."""

    field_order = ("name", "level", "place", "opened_on")

    name = line("名称", "例如“赵镇街道支持分中心”", most=60)
    level = forms.ChoiceField(
        label="级别",
        choices=Center.Level.choices,
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages=BAD_CHOICE,
    )
    place = line("服务的地方", "写全名，例如“赵镇街道”“淮州新城”", most=60)
    opened_on = day_field("从哪天启用")

    def clean_place(self) -> Place:
        try:
            return places.find_place(self.cleaned_data["place"])
        except places.PlaceNotFound as missing:
            raise forms.ValidationError(str(missing)) from missing


class HoursForm(forms.Form):
    """The usual week of a center (一周的开放时间)."""

    since = day_field("从哪天起", "今天或以后的日子；以前的开放时间照旧留着")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for day, label in enumerate(WEEKDAYS):
            self.fields[f"day{day}"] = HoursField(
                label, "例如9:00–12:00、14:00–17:30；不开门就留空" if day == 0 else ""
            )

    @property
    def week(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """The week that was filled in, by weekday."""
        return {day: self.cleaned_data[f"day{day}"] for day in range(7)}


class SpecialDayForm(forms.Form):
    """A day unlike the others (特别的一天)."""

    day = day_field("哪一天")
    hours = HoursField("那天开门的时间", "例如14:00–17:30；整天不开就留空")
    note = line("为什么", "公开的，例如“停电检修”", most=60)

    def clean_hours(self) -> tuple[int, int] | None:
        hours = self.cleaned_data["hours"]
        if len(hours) > 1:
            raise forms.ValidationError("特别的一天只能写一段时间，请合成一段")
        return hours[0] if hours else None


class VenueForm(forms.Form):
    """A room or yard (场地)."""

    name = line("名称", "街坊叫得出的名字，例如“一楼议事厅”", most=40)
    capacity = forms.IntegerField(
        label="坐得下",
        min_value=1,
        max_value=9999,
        widget=Affix("人"),
        error_messages={
            "required": "请填坐得下多少人",
            "invalid": "坐得下多少人请填数字，例如30",
            "min_value": "坐得下多少人请填1以上的数字",
            "max_value": "坐得下多少人请填9999以内的数字",
        },
    )
    equipment = line("有什么", "例如“投影、白板、茶水”", most=200, required=False)
    needs_approval = forms.BooleanField(label="约了要中心同意才算", required=False)
    opened_on = day_field("从哪天起可以约")


class ChangeVenueForm(VenueForm):
    """Change a venue (改场地)."""

    takes_bookings = forms.BooleanField(label="现在接受预约", required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        del self.fields["name"], self.fields["opened_on"]


class RuleForm(forms.Form):
    """A version of the rules of a center (管理办法)."""

    title = line("标题", "和上一版同名，就接着上一版", most=60)
    document = line("文号", most=60, required=False)
    since = day_field("从哪天施行")
    text = forms.CharField(
        label="全文",
        max_length=10_000,
        widget=forms.Textarea({"rows": 14}),
        error_messages={
            "required": "请把全文贴进来",
            "max_length": "全文最多10,000个字，请分成几份发布",
        },
    )


class AppointForm(forms.Form):
    """Appoint an operator (聘任运营方)."""

    organization = line("枢纽型社会组织", "写全名、简称或统一社会信用代码", most=100)
    since = day_field("从哪天起")
    document = line("依据", "文号或合同号，例如“金委社治〔2026〕12号”", most=120)

    def clean_organization(self) -> Organization:
        given = self.cleaned_data["organization"].strip()
        found = queries.find_organization(given)
        if found is None:
            raise forms.ValidationError(
                f"名录里没有正好叫“{given[:40]}”的在册组织，请写全名或信用代码；还没有登记请先登记"
            )
        return found


class EndForm(forms.Form):
    """End something from a day on, for a reason (到哪天为止)."""

    on = day_field("从哪天起不再用")
    reason = reason_field("原因")


def half_from(text: str) -> int | None:
    """Read the half-hour in an address (`?from=9:00`), None when it is none."""
    return half_of(text[:5])
