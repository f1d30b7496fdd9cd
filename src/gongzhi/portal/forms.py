"""What people type at the door."""

from __future__ import annotations

from typing import Any

from django import forms

from gongzhi.shared.codes import normalize_phone, phone_faults
from gongzhi.ui.forms import field_of


class PhoneForm(forms.Form):
    """The phone a code goes to (手机号)."""

    phone = forms.CharField(
        label="手机号",
        max_length=24,
        help_text="登记时留的那个号码，家里人的也行",
        error_messages={"required": "没有填手机号，验证码没处发。请填登记时留的手机号。"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "class": "w-m"}),
    )

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        if fault := phone_faults(text):
            raise forms.ValidationError(f"{fault.wrong}。{fault.mend}。")
        return normalize_phone(text)


class CodeForm(forms.Form):
    """The code that came (验证码)."""

    code = forms.CharField(
        label="短信里的6位验证码",
        max_length=12,
        error_messages={"required": "没有填验证码。请看手机短信，填6位数字。"},
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "class": "w-s",
                "autofocus": True,
            }
        ),
    )


class WhoForm(forms.Form):
    """Which of a family, and what shows it (您是哪一位)."""

    person = forms.ChoiceField(
        label="您是哪一位",
        widget=forms.RadioSelect,
        error_messages={
            "required": "没有选是哪一位。请选您自己。",
            "invalid_choice": "没有这一位。请从上面选。",
        },
    )
    answer = forms.CharField(
        label="身份证号最后四位，或出生日期",
        max_length=20,
        help_text="出生日期写成8位数字，如19560312",
        error_messages={"required": "没有填，没法核对是您本人。请填身份证号最后四位或出生日期。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-m"}),
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "person", forms.ChoiceField).choices = people


class CounterForm(forms.Form):
    """Whom a clerk looks for, with the card before them (窗口查登记)."""

    id_number = forms.CharField(label="身份证号", max_length=24, required=False)
    phone = forms.CharField(
        label="手机号",
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    name = forms.CharField(label="姓名", max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(str(v).strip() for v in data.values()):
            raise forms.ValidationError(
                "三样都没有填，没法查。请照证件填身份证号；没带证件的填手机号或姓名。"
            )
        return data
