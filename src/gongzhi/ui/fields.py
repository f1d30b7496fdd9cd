"""Fields that every desk asks for: a line, some sentences, a reason, a day, one of several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day

from .forms import Affix, DayInput

BAD_CHOICE = {"required": "请选一个", "invalid_choice": "选的不在列出来的里面，请重新选一个"}


def line(
    label: str, hint: str = "", *, most: int, required: bool = True, empty: str = "", **attrs: Any
) -> forms.CharField:
    """Return a field for one line of text (一行字) of at most *most* characters."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        required=required,
        widget=forms.TextInput(attrs),
        error_messages={
            "required": empty or f"请填{label}",
            "max_length": f"{label}最多写{most}个字，请写短一点",
        },
    )


def words(
    label: str, hint: str = "", *, most: int, rows: int = 3, required: bool = True, empty: str = ""
) -> forms.CharField:
    """Return a field for some sentences (一段话)."""
    made = line(label, hint, most=most, required=required, empty=empty)
    made.widget = forms.Textarea({"rows": rows})
    return made


def reason(label: str, hint: str = "", *, most: int = 200) -> forms.CharField:
    """Return a field for a reason that stays in the book (理由)."""
    return line(label, hint, most=most, empty=f"没有写{label}。请用一句话写明，留痕里要看得到")


class DayField(forms.DateField):
    """A day that has come (日期), also read as it is written in Chinese; *ahead* lets it lie in the future."""

    widget = DayInput

    def __init__(
        self, label: str, hint: str = "", *, required: bool = True, ahead: bool = False
    ) -> None:
        super().__init__(
            label=label,
            help_text=hint,
            required=required,
            input_formats=["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y%m%d"],
            error_messages={
                "required": f"请填{label}",
                "invalid": f"{label}认不出来，请写成2026年3月5日这样",
            },
        )
        self.ahead = ahead

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day and not self.ahead and day > today(timezone.now()):
            raise forms.ValidationError(
                f"{self.label}填的是{say_day(day)}，在今天之后。请填已经到了的日期"
            )
        return day


def choice(
    label: str, choices: Iterable[tuple[Any, str]], hint: str = "", *, empty: str = "", **attrs: Any
) -> forms.ChoiceField:
    """Return a drop-down whose first line asks to choose (下拉)."""
    return forms.ChoiceField(
        label=label,
        help_text=hint,
        choices=[("", "请选"), *choices],
        widget=forms.Select({"class": "w-m", **attrs}),
        error_messages=BAD_CHOICE | ({"required": empty} if empty else {}),
    )


def radio(
    label: str, choices: Iterable[tuple[Any, str]], hint: str = "", *, empty: str = ""
) -> forms.ChoiceField:
    """Return a few choices side by side (几选一)."""
    return forms.ChoiceField(
        label=label,
        help_text=hint,
        choices=list(choices),
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages=BAD_CHOICE | ({"required": empty} if empty else {}),
    )


def whole(
    label: str,
    unit: str,
    hint: str = "",
    *,
    least: int = 1,
    most: int = 100_000,
    required: bool = True,
) -> forms.IntegerField:
    """Return a field for a whole number with its unit (整数)."""
    return forms.IntegerField(
        label=label,
        help_text=hint,
        required=required,
        min_value=least,
        max_value=most,
        widget=Affix(unit),
        error_messages={
            "required": f"请填{label}",
            "invalid": f"{label}请填整数",
            "min_value": f"{label}请填{least}以上的数",
            "max_value": f"{label}最多填{most}",
        },
    )


class ClockField(forms.TimeField):
    """An hour of the day (几点)."""

    def __init__(self, label: str, hint: str = "") -> None:
        super().__init__(
            label=label,
            help_text=hint,
            input_formats=["%H:%M", "%H:%M:%S", "%H点", "%H点%M分", "%H：%M"],
            widget=forms.TimeInput({"type": "time", "class": "w-s"}, format="%H:%M"),
            error_messages={"required": f"请填{label}", "invalid": f"{label}请写成9:30这样"},
        )
