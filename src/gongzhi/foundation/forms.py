"""What is asked about donors, gifts, funds and payments."""

from __future__ import annotations

from typing import Any

from django import forms

from gongzhi.ledger.models import Restriction
from gongzhi.places.fields import PlaceField
from gongzhi.places.models import Place
from gongzhi.shared.faults import BadValue
from gongzhi.shared.keys import new_key
from gongzhi.shared.money import parse_yuan
from gongzhi.shared.permissions import Actor
from gongzhi.ui.fields import DayField, choice, line, radio, reason, words
from gongzhi.ui.forms import Affix, field_of

from . import queries, rules
from .models import Donor, Fund, Payment

Level = Place.Level
WHERE = (Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.COURTYARD)


class YuanField(forms.CharField):
    """An amount as people write it, in fen once cleaned (金额)."""

    def __init__(self, label: str, hint: str = "", *, required: bool = True) -> None:
        super().__init__(
            label=label,
            help_text=hint,
            required=required,
            max_length=30,
            widget=Affix("元", inputmode="decimal"),
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
            raise forms.ValidationError("金额要大于零，记错了请用作废")
        return fen


class KeyField(forms.UUIDField):
    """The key that comes with the form, so that pressing twice is once (记账键)."""

    def __init__(self) -> None:
        super().__init__(
            widget=forms.HiddenInput,
            initial=new_key,
            error_messages={"required": "这一页放得太久了，请重新打开再填"},
        )


class NamesField(forms.CharField):
    """Names, one a line (名单)."""

    def __init__(self, label: str, hint: str, *, required: bool = False) -> None:
        super().__init__(
            label=label,
            help_text=hint,
            required=required,
            max_length=2000,
            widget=forms.Textarea({"rows": 5}),
        )

    def clean(self, value: Any) -> Any:
        """Return the names."""
        return [name for row in super().clean(value).splitlines() if (name := row.strip())]


class DonorForm(forms.Form):
    """Asks who gives (登记捐赠人)."""

    kind = radio("是谁", Donor.Kind.choices, empty="请选是谁捐的")
    name = line("名称", "个人写姓名，单位写全称，义卖、合捐写清是哪一次", most=80)
    shows = radio(
        "名字愿不愿意公开",
        [("shown", "愿意"), ("hidden", "不愿意，公开时写“一位不愿署名的捐赠人”")],
        "只问这一次，以后每一笔都照这个办；个人愿意的也只写姓，其余遮住",
        empty="请问捐赠人愿不愿意公开",
    )


class DonationForm(forms.Form):
    """Asks what arrived (登记捐赠)."""

    key = KeyField()
    fund = forms.ModelChoiceField(
        label="给哪支基金",
        queryset=Fund.objects.none(),
        empty_label="请选",
        widget=forms.Select({"class": "w-m"}),
        error_messages={
            "required": "请选一支基金",
            "invalid_choice": "这支基金不收捐赠了，请重新选",
        },
    )
    amount_fen = YuanField("金额", "银行到账的数，例如1,000.00")
    received_on = DayField("到账日期")
    evidence = line("凭据", "银行回单或现金缴款单的号", most=120)
    purpose = line("捐赠人说的用途", "没有说就空着", most=200, required=False)

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "fund", forms.ModelChoiceField).queryset = queries.open_funds(by)


class FundForm(forms.Form):
    """Asks for a fund (设立基金)."""

    kind = radio("类别", Fund.Kind.choices, empty="请选类别")
    name = line("名称", "例如“柿子湾邻里守望微基金”，公开时前面加基金会全称", most=60)
    purpose = words("做什么用", "管哪些事，一看就明白", most=200, rows=2)
    place = PlaceField("哪里", "微基金写村社，本金写县")
    restriction = radio("限定", Restriction.choices, "捐赠人指定了用途的，选限定")
    target_fen = YuanField("今年目标", "没有目标就空着", required=False)
    committee = NamesField("管委会", "微基金才要：一行一个名字，单数、至少5人")
    supervisors = NamesField("监督人", "微基金才要：一行一个名字，不能是管委会的人")

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        self.initial.setdefault("restriction", Restriction.RESTRICTED)
        field_of(self, "place", PlaceField).offer(by, rules.OPEN_FUND, *WHERE, anywhere=True)


class CommitteeForm(forms.Form):
    """Asks who sits on the committee from today (定管委会)."""

    committee = NamesField("管委会", "一行一个名字；不在这里的，从今天起不算")
    supervisors = NamesField("监督人", "一行一个名字，不能是管委会的人")


class CloseForm(forms.Form):
    """Asks why a fund closes and where its money goes on (关闭基金)."""

    reason = reason("为什么关闭", "街坊看得到")
    remainder_to = forms.ModelChoiceField(
        label="余钱转到哪支基金",
        help_text="没有余钱就空着；要用途相近",
        queryset=Fund.objects.none(),
        empty_label="没有余钱",
        required=False,
        widget=forms.Select({"class": "w-m"}),
    )

    def __init__(self, *args: Any, by: Actor, fund: Fund, **named: Any) -> None:
        super().__init__(*args, **named)
        field = field_of(self, "remainder_to", forms.ModelChoiceField)
        field.queryset = queries.heirs_of(fund, by)


class PaymentForm(forms.Form):
    """Asks for money of a fund (申请用钱)."""

    key = KeyField()
    title = line("办什么事", "例如“重阳坝坝宴”，公开页上这么写", most=60)
    use = choice("哪一类", Payment.Use.choices, empty="请选哪一类")
    amount_fen = YuanField("金额", "票据上的数")
    payee = line("付给谁", "单位写全称，个人写姓名；个人的名字公开时遮住", most=80)
    payee_is_person = forms.BooleanField(label="是付给个人的", required=False)
    agreed_on = DayField("哪天议定的")
    agreed = line("怎么议定的", "例如“坝坝会，38户同意，公示7天无异议”", most=120)
    evidence = line("凭什么付", "例如“小票9张、签收表1份”，不要写电话和证件号", most=120)
    slip = line("票据号", "发票或收据的号", most=60)


class ApproveForm(forms.Form):
    """Asks on which day it was paid (审批用钱)."""

    paid_on = DayField("哪天付的")


class DeclineForm(forms.Form):
    """Asks why a payment is not approved (没有同意)."""

    reason = reason("为什么不同意", "申请的人看得到")


class VoidForm(forms.Form):
    """Asks why a receipt is void (作废收据)."""

    reason = reason("为什么作废")


class TraceForm(forms.Form):
    """Asks for the number and the code of a receipt (查一笔捐款)."""

    number = line("收据编号", "收据右上角，例如2026-000017", most=20)
    code = line("查询码", "收据上的8位字母和数字", most=12, autocomplete="off")
