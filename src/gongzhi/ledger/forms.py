"""What people fill in about vouchers, reversals and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from gongzhi.shared.faults import BadValue
from gongzhi.shared.money import parse_yuan
from gongzhi.ui.forms import DayInput

from .booking import Line
from .models import Dimension, Ledger, Restriction

DAY_FORMATS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d"]
BAD_DAY = "这个日期认不出来，请写成2026年11月3日这样"
BAD_CHOICE = "选的不在列出来的里面，请重新选一个"


class FenField(forms.CharField):
    """An amount as people write it, in fen once cleaned (金额): at most two decimals, above zero."""

    def __init__(self, label: str, *, required: bool = True) -> None:
        super().__init__(
            label=label,
            required=required,
            max_length=30,
            widget=forms.TextInput({"inputmode": "decimal", "class": "right"}),
            error_messages={"required": f"请填{label}"},
        )

    def clean(self, value: Any) -> Any:
        """Return the amount in fen, or None for nothing."""
        text = super().clean(value)
        if not text:
            return None
        try:
            fen = parse_yuan(text).fen
        except BadValue as bad:
            raise forms.ValidationError(str(bad)) from bad
        if fen <= 0:
            raise forms.ValidationError("金额要大于零；反方向的事请用冲销")
        return fen


def _day(label: str, hint: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        widget=DayInput(),
        input_formats=DAY_FORMATS,
        error_messages={"required": f"请填{label}", "invalid": BAD_DAY},
    )


class VoucherForm(forms.Form):
    """The head of a voucher (凭证头)."""

    booked_on = _day("记账日期", "凭证上的日期，要在没关账的月份里")
    value_on = _day("发生日期", "和记账日期同一天就照抄；晚到的事写它真正发生的那天")
    document = forms.CharField(
        label="依据",
        help_text="合同、验收单、会议纪要的名字或编号",
        max_length=120,
        error_messages={"required": "请填依据，例如“房屋租赁合同”"},
    )
    attachments = forms.IntegerField(
        label="附件张数",
        min_value=0,
        max_value=999,
        error_messages={
            "required": "请填附件张数，没有就填0",
            "invalid": "附件张数请填数字，例如4",
            "min_value": "附件张数请填0以上的数字",
            "max_value": "附件最多999张，再多请分成几张凭证",
        },
    )


class LineForm(forms.Form):
    """One line: money goes from the credit account to the debit account (分录)."""

    memo = forms.CharField(
        label="摘要", max_length=120, error_messages={"required": "请填摘要，说清是什么事"}
    )
    debit = forms.TypedChoiceField(
        label="借",
        coerce=int,
        error_messages={"required": "请选借方", "invalid_choice": BAD_CHOICE},
    )
    credit = forms.TypedChoiceField(
        label="贷",
        coerce=int,
        error_messages={"required": "请选贷方", "invalid_choice": BAD_CHOICE},
    )
    amount = FenField("金额（元）")
    restriction = forms.ChoiceField(
        label="限定",
        required=False,
        choices=[("", "不分"), *Restriction.choices],
        error_messages={"invalid_choice": BAD_CHOICE},
    )
    fund = forms.TypedChoiceField(
        label="基金",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": BAD_CHOICE},
    )
    project = forms.TypedChoiceField(
        label="项目",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": BAD_CHOICE},
    )

    def __init__(
        self,
        *args: Any,
        accounts: Sequence[tuple[int, str]] = (),
        dimensions: dict[str, list[tuple[int, str]]] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        for side in ("debit", "credit"):
            self.fields[side].choices = [("", "选一个账户"), *accounts]  # type: ignore[attr-defined]
        for kind in ("fund", "project"):
            found = (dimensions or {}).get(kind, [])
            self.fields[kind].choices = [("", "不指定"), *found]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("debit") and given.get("debit") == given.get("credit"):
            self.add_error("credit", "借方和贷方是同一个账户，钱没有动，请改其中一边")
        return given

    @property
    def line(self) -> Line:
        """The line that was filled in."""
        given = self.cleaned_data
        return Line(
            amount_fen=given["amount"],
            debit=given["debit"],
            credit=given["credit"],
            restriction=given["restriction"],
            fund=given["fund"],
            project=given["project"],
            memo=given["memo"],
        )


LineSet = formset_factory(LineForm, extra=0, min_num=1, max_num=200)


def filled(lines: BaseFormSet[LineForm]) -> list[Line]:
    """Return the lines that were filled in, in their order; what is left empty is left out (填了的分录)."""
    return [form.line for form in lines.forms if form.has_changed() and form.is_valid()]


def dimensions_to_choose() -> dict[str, list[tuple[int, str]]]:
    """Return the funds and projects that money may be booked for, by kind (选基金、项目)."""
    found: dict[str, list[tuple[int, str]]] = {}
    for d in Dimension.objects.filter(kind__in=("fund", "project")).order_by("kind", "code"):
        found.setdefault(d.kind, []).append((d.pk, d.name))
    return found


class ReasonForm(forms.Form):
    """A reason that somebody will read (原因)."""

    reason = forms.CharField(
        label="为什么",
        help_text="制单的人和审计都看得到",
        max_length=110,
        error_messages={"required": "请写一句为什么", "max_length": "最多写110个字，请写短一点"},
    )


class ReverseForm(ReasonForm):
    """How much of each line to undo, and why (冲销)."""

    booked_on = _day("记账日期", "冲销记在没关账的月份里")

    def __init__(self, *args: Any, left: Sequence[tuple[int, str, int]], **named: Any) -> None:
        super().__init__(*args, **named)
        self._left = left
        for pk, memo, fen in left:
            field = FenField(f"{memo}，冲多少（元）", required=False)
            field.help_text = f"最多{fen // 100}.{fen % 100:02d}元，不冲就留空"
            self.fields[f"part{pk}"] = field

    @property
    def parts(self) -> list[tuple[int, int]]:
        """The lines that were filled in, with their amounts in fen."""
        given = self.cleaned_data
        return [(pk, given[f"part{pk}"]) for pk, _, _ in self._left if given.get(f"part{pk}")]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not any(given.get(f"part{pk}") for pk, _, _ in self._left):
            raise forms.ValidationError("一行也没有填金额，请至少填一行要冲多少")
        return given


class AccountForm(forms.Form):
    """An account below a subject (明细账户)."""

    subject = forms.ChoiceField(
        label="科目", error_messages={"required": "请选科目", "invalid_choice": BAD_CHOICE}
    )
    detail = forms.RegexField(
        r"^[0-9A-Za-z][0-9A-Za-z-]{0,30}$",
        label="明细代码",
        help_text="字母、数字和短横，例如hantan；以后不改",
        error_messages={
            "required": "请填明细代码",
            "invalid": "明细代码只用字母、数字和短横，例如hantan",
        },
    )
    name = forms.CharField(
        label="名称",
        help_text="例如“韩滩邻里微基金”",
        max_length=60,
        error_messages={"required": "请填名称"},
    )
    is_guarded = forms.BooleanField(label="不得透支：余额永远不低于零", required=False)
    keeps_lots = forms.BooleanField(label="逐笔跟踪：每一元都查得到是谁给的", required=False)

    def __init__(self, *args: Any, ledger: Ledger, on: date, **named: Any) -> None:
        from .chart import chart

        super().__init__(*args, **named)
        self.fields["subject"].choices = [  # type: ignore[attr-defined]
            (s.code, f"{s.code} {s.name}") for s in chart(ledger, on).values()
        ]
