"""What people fill in to complain, to suggest, and to answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms

from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.codes import phone_faults
from gongzhi.ui.forms import field_of

from . import queries, services
from .models import Kind


def words_field(
    label: str, hint: str = "", *, most: int, rows: int = 5, empty: str = ""
) -> forms.CharField:
    """Return a field for some sentences (一段话) of at most *most* characters."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        widget=forms.Textarea({"rows": rows}),
        error_messages={
            "required": empty or f"请写{label}",
            "max_length": f"{label}最多写{most}个字，请写短一点",
        },
    )


class PlaceField(forms.ChoiceField):
    """One place of the county: the whole, a town, a village (地点)."""

    def __init__(self, label: str, hint: str = "") -> None:
        super().__init__(
            label=label,
            help_text=hint,
            widget=forms.Select({"class": "w-m"}),
            error_messages={
                "required": "请选一个地方",
                "invalid_choice": "选的地方不在列出来的里面，请重新选",
            },
        )

    def fill(self) -> None:
        """Offer the county, then each town with its villages."""
        county = places.county()
        choices: list[Any] = [(str(county.pk), f"{county.name}（不分镇街）")]
        choices += [(str(park.pk), park.name) for park in places.parks()]
        choices += [
            (
                one.town.name,
                [
                    (str(one.town.pk), f"{one.town.name}（不分村社）"),
                    *((str(village.pk), village.name) for village in one.villages),
                ],
            )
            for one in queries.towns()
        ]
        self.choices = choices

    def clean(self, value: Any) -> Place:
        return Place.objects.get(pk=super().clean(value))


class WriteForm(forms.Form):
    """Say what is wrong, or what would be better (投诉建议)."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    page = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    kind = forms.ChoiceField(
        label="说的是哪一类",
        choices=Kind.choices,
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages={
            "required": "请选一类，分不清就选“别的”",
            "invalid_choice": "请选一类，分不清就选“别的”",
        },
    )
    place = PlaceField("说的是哪里")
    text = words_field(
        "什么事",
        "写清楚在哪里、哪一天。不要写别人的身份证号",
        most=services.LONGEST,
        empty="请写什么事，一句话也行",
    )
    phone = forms.CharField(
        label="手机号",
        help_text="留了，答的人能打给您；不留，凭查询号看答复",
        required=False,
        max_length=20,
        widget=forms.TextInput({"class": "w-m", "inputmode": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": "手机号最多20个字，请只填一个号码"},
    )
    wants_public = forms.BooleanField(
        label="我写的话可以和答复一起公开（会先去掉姓名和号码）", required=False
    )
    # Nobody sees this field; programs fill it.
    website = forms.CharField(
        label="网址，请不要填",
        required=False,
        widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "place", PlaceField).fill()
        self.initial.setdefault("key", new_key())

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        if phone and (fault := phone_faults(phone)):
            raise forms.ValidationError(f"{fault.wrong}，{fault.mend}")
        return phone


def new_key() -> UUID:
    """Return a fresh key for one page, so that pressing twice writes once (提交编号)."""
    return uuid4()


class LookUpForm(forms.Form):
    """Number and query code (编号和查询号)."""

    number = forms.CharField(
        label="编号",
        help_text="例如2026-0012",
        max_length=20,
        widget=forms.TextInput({"class": "w-m", "inputmode": "numeric"}),
        error_messages={"required": "请填编号，例如2026-0012"},
    )
    code = forms.CharField(
        label="查询号",
        help_text="提交时给您的12位数字",
        max_length=30,
        widget=forms.TextInput({"class": "w-m", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填查询号，是提交时给您的12位数字"},
    )


class AgainForm(forms.Form):
    """Ask once more (再问一次)."""

    text = words_field(
        "哪里还不行", "写清楚还差什么", most=services.LONGEST, rows=4, empty="请写哪里还不行"
    )


class AnswerForm(forms.Form):
    """Answer (答复)."""

    answer = words_field(
        "答复",
        "写清楚查了什么、怎么办、哪一天办好。写的人凭查询号看得到",
        most=services.LONGEST_ANSWER,
        empty="请写答复",
    )


class DeclineForm(forms.Form):
    """Say why it cannot be done (办不了，说明理由)."""

    reason = words_field(
        "为什么办不了",
        "写清楚依据，能去哪里办也写上",
        most=services.LONGEST_ANSWER,
        rows=4,
        empty="请写为什么办不了",
    )


class ForwardForm(forms.Form):
    """Hand on (转办)."""

    desk = PlaceField("转给哪里", "那里的工作人员和它的上级都看得到")
    reason = words_field("为什么转", most=200, rows=2, empty="请写为什么转")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "desk", PlaceField).fill()


class PublishForm(forms.Form):
    """Publish question and answer (公开答复)."""

    question = words_field(
        "公开的事由",
        "去掉姓名、住址和号码，用“王先生”这样的称呼",
        most=services.LONGEST,
        rows=4,
        empty="请写公开的事由，一两句话",
    )
    answer = words_field("公开的答复", most=services.LONGEST_ANSWER, rows=5, empty="请写公开的答复")
