"""What people type into the pages of accounts; allauth's own forms with our words and our limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils import timezone

from gongzhi.shared.calendar import today
from gongzhi.shared.codes import normalize_phone, phone_faults
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Role
from gongzhi.shared.refusals import Refused
from gongzhi.ui.forms import DayInput

from . import guard, queries, signing
from .models import User

T = TypeVar("T")


class Asking(forms.Form):
    """A form that says in place why a deed was refused: whoever signs in should not lose what was typed."""

    status = 422

    def attempt(self, field: str | None, deed: Callable[[], T]) -> T | None:
        """Do *deed*; when it is refused, say so at *field* and answer with the refusal's status (就地答复)."""
        try:
            return deed()
        except Refused as refusal:
            self.refuse(field, refusal)
            return None

    def refuse(self, field: str | None, refusal: Refused) -> None:
        """Say *refusal* at *field*."""
        self.add_error(field if field in self.fields else None, str(refusal))
        self.status = refusal.status


class PhoneField(forms.CharField):
    """A mobile number, however it is spaced (手机号)."""

    widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"label": "手机号", "max_length": 24, **named})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and (fault := phone_faults(text)):
            raise forms.ValidationError(f"{fault.wrong}。请{fault.mend.partition('；')[0]}。")
        return normalize_phone(text)


class CodeField(forms.CharField):
    """The six digits of a message (验证码)."""

    widget = forms.TextInput(
        attrs={
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": "6",
            "class": "codein",
        }
    )

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"label": "短信里的6位数字", "max_length": 12, **named})


class PhoneForm(Asking):
    """A phone that a code shall go to (发验证码)."""

    phone = PhoneField(error_messages={"required": "没有填手机号。请填11位手机号。"})


class CodeForm(PhoneForm):
    """A phone and the code that came to it (填验证码)."""

    code = CodeField(
        error_messages={"required": "没有填验证码。请填短信里的6位数字；还没收到就先点发验证码。"}
    )


class PasswordForm(Asking):
    """A phone or staff number, and a password (密码登录)."""

    login = forms.CharField(
        label="手机号或工号",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
        error_messages={"required": "没有填手机号或工号。请填其中一个。"},
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "没有填密码。请填密码；忘了可以用短信验证码登录。"},
    )


class OneselfForm(Asking):
    """Which of a family one is, and what shows it (您是哪一位)."""

    person = forms.ChoiceField(
        label="您是哪一位",
        error_messages={
            "required": "没有选是哪一位。请选您自己，都不是就选“都不是我”。",
            "invalid_choice": "没有这一位。请从列出来的里面选。",
        },
    )
    answer = forms.CharField(
        label="身份证号最后四位，或出生日期",
        max_length=20,
        error_messages={"required": "没有填，没法核对是您本人。请填身份证号最后四位或出生日期。"},
        help_text="只用来核对，不保存。出生日期写成8位数字，如19500102",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-m"}),
    )

    def __init__(
        self, *args: Any, choices: list[tuple[str, str]], asks: bool, **named: Any
    ) -> None:
        super().__init__(*args, **named)
        person: Any = self.fields["person"]
        person.choices = choices
        self.fields["answer"].required = asks and self.data.get("person") != "0"


class NameForm(forms.Form):
    """How somebody wants to be called (称呼)."""

    name = forms.CharField(
        label="称呼",
        max_length=40,
        help_text="别人在留痕里看到的名字",
        error_messages={"required": "没有填称呼。请填大家平时怎么叫您。"},
    )


class OpenAccountForm(Asking):
    """A new account for somebody who works with the platform (开账号)."""

    phone = PhoneField(
        help_text="用这个号码收验证码登录",
        error_messages={"required": "没有填手机号。请填11位手机号。"},
    )
    name = forms.CharField(
        label="姓名", max_length=40, error_messages={"required": "没有填姓名。请填登记在册的姓名。"}
    )
    handle = forms.CharField(
        label="工号", max_length=40, required=False, help_text="用密码登录时可以代替手机号"
    )


class AppointForm(Asking):
    """A role over something, from a day on (给身份)."""

    role = forms.ChoiceField(label="身份")
    over = forms.CharField(
        label="任在哪里",
        max_length=80,
        help_text="写地点，如“赵镇街道”或“赵镇街道北滨路社区”；组织的身份写组织全称",
        error_messages={"required": "没有写任在哪里。请写地点或组织的名称。"},
    )
    since = forms.DateField(label="从哪天起", widget=DayInput())
    until = forms.DateField(
        label="到哪天止",
        widget=DayInput(),
        required=False,
        help_text="那天起就没有了；不填就一直有",
    )
    basis = forms.CharField(
        label="依据", max_length=120, required=False, help_text="文件、会议或谁同意的"
    )

    def __init__(self, *args: Any, roles: list[Role], **named: Any) -> None:
        super().__init__(*args, **named)
        role: Any = self.fields["role"]
        role.choices = [(r.value, r.label) for r in roles]


class PeopleForm(forms.Form):
    """Which accounts to see (筛选)."""

    text = forms.CharField(label="姓名、工号或整个手机号", required=False, max_length=40)
    role = forms.ChoiceField(label="身份", required=False, choices=[("", "全部"), *Role.choices])
    state = forms.ChoiceField(
        label="账号",
        required=False,
        choices=[("held", "有身份的"), ("all", "全部工作账号"), ("closed", "停用的")],
    )
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def asked(self) -> queries.AskedPeople:
        """Return what was asked for."""
        given = self.cleaned_data
        return queries.AskedPeople(
            text=given.get("text", ""),
            role=given.get("role", ""),
            state=given.get("state") or "held",
        )


# --- allauth's forms, with our words and our limits ---------------------------------------------------


class _Counted:
    """Counts wrong codes in the same way as wrong passwords (限次)."""

    user: User

    def clean_code(self) -> str:
        now, request = timezone.now(), context.request
        gates = guard.gates_of_sign_in(
            guard.Kind.SECOND_FACTOR,
            f"user:{self.user.pk}",
            signing.address_of(request),
            now,
            self.user,
        )
        try:
            last = guard.admit(gates, now)
        except guard.Shut as shut:
            raise forms.ValidationError(str(shut)) from shut
        try:
            code = super().clean_code()  # type: ignore[misc]  # of the form it is mixed into
        except forms.ValidationError:
            guard.failed(gates, last, by=request.user, what="动态码", now=now)
            raise
        guard.passed(gates, now)
        return code


class SecondFactorForm(_Counted, mfa_forms.AuthenticateForm):
    """The code of an authenticator app, or one of the spare codes (动态码)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _second_factor(self.fields["code"])


class SecondFactorAgainForm(_Counted, mfa_forms.ReauthenticateForm):
    """The same, before something that must be safe (再验一次)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _second_factor(self.fields["code"])


class SetUpAppForm(ActivateTOTPForm):
    """The first code that an authenticator app shows (设动态码)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _spoken(
            self.fields["code"],
            "验证器上的6位数字",
            "没有填。扫了码以后，把验证器上的6位数字填进来。",
        )
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "class": "codein"}


class AddKeyForm(AddWebAuthnForm):
    """A passkey or security key and its name (加密钥)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _spoken(self.fields["name"], "给它起个名字", "")
        self.fields["name"].help_text = "以后好认，比如“我的手机”“办公室的密钥”"
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = "以后只用它就能登录"
            self.fields["passwordless"].initial = True
            self.fields["passwordless"].help_text = "要刷脸、按指纹或输这台设备的密码"


class AgainForm(account_forms.ReauthenticateForm):
    """The password, before something that must be safe (再验一次)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _spoken(self.fields["password"], "密码", "没有填密码。请填登录用的密码。")
        self.fields["password"].help_text = ""

    def clean_password(self) -> str:
        try:
            return super().clean_password()
        except guard.Shut as shut:
            raise forms.ValidationError(str(shut)) from shut


class _SaidTwice(forms.Form):
    """Two equal passwords, and the sentence when they are not."""

    def clean(self) -> dict[str, Any]:
        given = super(account_forms.PasswordVerificationMixin, self).clean() or {}
        first, second = given.get("password1"), given.get("password2")
        if first and second and first != second:
            self.add_error("password2", "两次填的密码不一样。请把新密码再填一遍。")
        return given


class NewPasswordForm(_SaidTwice, account_forms.SetPasswordForm):
    """A first password (设密码)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _new_password(self)


class OtherPasswordForm(_SaidTwice, account_forms.ChangePasswordForm):
    """The old password and a new one (改密码)."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        _new_password(self)
        _spoken(self.fields["oldpassword"], "现在的密码", "没有填现在的密码。请填登录用的密码。")
        self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self) -> str:
        given = self.cleaned_data["oldpassword"]
        try:
            opened = signing.password_opens(
                context.request, self.user.handle, given, timezone.now()
            )
        except guard.Shut as shut:
            raise forms.ValidationError(str(shut)) from shut
        if opened is None:
            raise forms.ValidationError("现在的密码不对。请再填一遍，注意大小写。")
        return given


def _second_factor(field: forms.Field) -> None:
    _spoken(field, "动态码或备用码", "没有填。请填手机验证器上的6位数字，或一个备用码。")
    field.help_text = "手机验证器上的6位数字；手机不在身边，填一个备用码"
    field.widget.attrs |= {"inputmode": "numeric", "class": "codein"}


def _new_password(form: forms.Form) -> None:
    _spoken(form.fields["password1"], "新密码", "没有填新密码。请填一个自己记得住的。")
    _spoken(form.fields["password2"], "再填一遍", "没有再填一遍。请把新密码再填一次，免得填错。")
    least = rule("sign-in.password-length", today(timezone.now())).number
    form.fields["password1"].help_text = f"至少{least}位，字母和数字混着用，不要用手机号和生日"


def _spoken(field: forms.Field, label: str, required: str) -> None:
    field.label = label
    field.error_messages["required"] = required
    field.widget.attrs.pop("placeholder", None)
