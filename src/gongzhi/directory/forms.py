"""What is asked at the desks of the directory; what a form can tell to be wrong, it tells at the field."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from gongzhi.places.fields import PlaceField
from gongzhi.places.models import Place
from gongzhi.places.queries import PlaceLookup
from gongzhi.shared import codes
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.faults import BadValue
from gongzhi.shared.money import parse_yuan
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor, Permission
from gongzhi.shared.text import normalize
from gongzhi.ui.fields import BAD_CHOICE, DayField, choice, line, radio, reason, words
from gongzhi.ui.forms import Affix, field_of

from . import kinds, queries, rules
from .models import AnnualReport, Candidate, Membership, Organization, Person, SocialEnterprise
from .states import STAGE_MOVES

Level = Place.Level
CLEARED = "无"  # written over a number that is to be taken out


# --- fields --------------------------------------------------------------------------------------


def said(fault: Any) -> str:
    """Return what is wrong and how to mend it in one sentence (哪里不对，怎么改)."""
    return f"{fault.wrong}。{fault.mend}"


def spoken(place: Place) -> str:
    """Return a place as the field reads it back: with its town in front."""
    return PlaceLookup().spoken(place.pk)


class OrganizationField(forms.CharField):
    """One organization by its whole name, short name or code (组织)."""

    by: Actor

    def __init__(self, label: str, hint: str = "写全名、简称或统一社会信用代码") -> None:
        super().__init__(label=label, help_text=hint, required=False, max_length=100)

    def clean(self, value: Any) -> Organization | None:
        text = normalize(super().clean(value))
        if not text:
            return None
        named = Q(name=text) | Q(short_name=text) | Q(uscc=text.upper())
        found = list(queries.organizations(self.by).filter(named, ended_on=None)[:2])
        if len(found) == 1:
            return found[0]
        wrong = "不止一家叫这个名字" if found else "名录里没有找到这一家"
        raise forms.ValidationError(f"{wrong}。请写全名，或者写统一社会信用代码")


class OwnOrganization(forms.ModelChoiceField):
    """One of the organizations that somebody acts for (我的组织)."""

    def __init__(self, by: Actor, permission: Permission) -> None:
        super().__init__(
            label="所属组织",
            queryset=Organization.objects.filter(
                pk__in=permission.organizations(by), ended_on=None
            ),
            widget=forms.Select({"class": "w-m"}),
            empty_label=None,
            error_messages=BAD_CHOICE,
        )


def _digits(label: str, hint: str, most: int, **attrs: Any) -> forms.CharField:
    return line(label, hint, most=most, required=False, autocomplete="off", **attrs)


def _id_number(text: str) -> str:
    """:raises ValidationError: it is not a valid number, and how to mend it."""
    if text and (fault := codes.id_faults(text, today(timezone.now()))):
        raise forms.ValidationError(said(fault))
    return codes.normalize_id(text)


def _phone(text: str) -> str:
    """:raises ValidationError: it is not a mobile number, and how to mend it."""
    if text and (fault := codes.phone_faults(text)):
        raise forms.ValidationError(said(fault))
    return codes.normalize_phone(text)


# --- organizations -------------------------------------------------------------------------------


class OrganizationForm(forms.Form):
    """Everything that the directory says of an organization (组织登记)."""

    kind = choice("类别", Organization.Kind.choices, empty="请选类别，照登记证书或备案材料")
    name = line("名称", "照登记证书或备案材料写全名", most=100)
    short_name = line("简称", most=40, required=False)
    uscc = _digits("统一社会信用代码", "18位，照登记证书；备案的社区社会组织没有，留空", 30)
    filing_number = line("备案编号", "备案的社区社会组织才有", most=40, required=False)
    place = PlaceField("所在村社")
    address = line("住所", most=120, required=False)
    registered_on = DayField("登记（备案）日期")
    registrar = line("登记机关", most=60, required=False)
    supervisor = line("业务主管单位", most=60, required=False)
    legal_representative = line("法定代表人", most=40, required=False)
    contact_name = line("联系人", most=40, required=False)
    contact_phone = _digits("联系电话", "存进去就加密，看的时候要写理由", 30, inputmode="tel")
    field = line("业务领域", "例如“一老一小”“社区教育”", most=40, required=False)
    purpose = words("业务范围", most=300, required=False)

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        only = field_of(self, "place", PlaceField).offer(
            by, rules.KEEP_ORGANIZATIONS, *Level.values
        )
        self.initial.setdefault("place", only)

    def clean_uscc(self) -> str:
        text = self.cleaned_data["uscc"]
        if text and (fault := codes.uscc_faults(text)):
            raise forms.ValidationError(said(fault))
        return codes.normalize_uscc(text)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind = self._kind(given)
        if kind and "uscc" in given and (wrong := kinds.code_disagrees(kind, given["uscc"])):
            self.add_error("uscc", "。请".join(wrong))
        return given

    def _kind(self, given: dict[str, Any]) -> str:
        return given.get("kind", "")


class AmendOrganizationForm(OrganizationForm):
    """Correct what the directory says of an organization; an organization itself only its contact (更正组织)."""

    reason = reason("为什么改", "例如“照2026年3月换发的登记证书”")

    def __init__(
        self, *args: Any, by: Actor, organization: Organization, own: bool, **named: Any
    ) -> None:
        kept = {
            name: getattr(organization, name)
            for name in OrganizationForm.base_fields
            if name not in ("kind", "place", "contact_phone")
        }
        kept["place"] = spoken(organization.place)
        super().__init__(*args, by=by, initial=kept, **named)
        self._organization = organization
        del self.fields["kind"]
        self.fields["contact_phone"].help_text = f"不改就留空；要清空就填“{CLEARED}”"
        if own:
            for name in set(self.fields) - rules.OWN_FIELDS - {"reason"}:
                del self.fields[name]

    def _kind(self, given: dict[str, Any]) -> str:
        return self._organization.kind

    @property
    def changes(self) -> dict[str, Any]:
        """What was filled in anew (改了哪些)."""
        found = {k: self.cleaned_data[k] for k in self.changed_data if k != "reason"}
        if found.get("contact_phone") == CLEARED:
            found["contact_phone"] = ""
        return found


class RateForm(forms.Form):
    """Register a rating (登记评估等级)."""

    grade = radio(
        "等级", [(str(n), f"{n}A") for n in range(5, 0, -1)], empty="请照评估公告选一个等级"
    )
    valid_from = DayField("评定日期", "公告上写的授予日期")
    valid_until = DayField(
        "止（不含）", "不填就按现在的规则算；要填，填不再有效的第一天", required=False, ahead=True
    )
    authority = line("评估机关", most=60, required=False)
    document = line("文号", "例如“金民发〔2026〕12号”", most=60, required=False)
    override = line(
        "不合条件仍登记的理由", "条件都合就留空；会记在留痕里", most=200, required=False
    )

    def __init__(self, *args: Any, organization: Organization, **named: Any) -> None:
        super().__init__(*args, **named)
        self._organization = organization

    def clean_grade(self) -> int:
        return int(self.cleaned_data["grade"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("valid_from"), given.get("valid_until")
        if not since:
            return given
        if until and until <= since:
            self.add_error("valid_until", "止日要在评定日期之后，请照公告核对两个日期")
            return given
        warnings = queries.rating_warnings(self._organization, since)
        ends = queries.rating_ends(since)
        if until and until != ends:
            warnings.append(f"按现在的规则到{say_day(ends)}为止（不含）")
        if warnings and not given.get("override"):
            self.add_error(
                "override", f"{'；'.join(warnings)}。确实要登记的，请在这里写明理由和依据"
            )
        return given


class RevokeForm(forms.Form):
    """Take a rating away (取消评估等级)."""

    on = DayField("取消日期", "从这天起不再计入")
    reason = reason("为什么取消", "写明文号或依据")


class ReportForm(forms.Form):
    """Note that a yearly report came (登记年度报告)."""

    filed_on = DayField("报送日期")
    outcome = radio("结论", [(o.value, o.label) for o in AnnualReport.Outcome if o != "due"])

    def __init__(self, *args: Any, report: AnnualReport, **named: Any) -> None:
        super().__init__(*args, **named)
        self._report = report
        if report.filed_on:
            outcomes = [
                o for o in AnnualReport.Outcome if o not in ("due", "filed", report.outcome)
            ]
            offered = [(o.value, o.label) for o in outcomes]
            field_of(self, "outcome", forms.ChoiceField).choices = offered

    def clean_filed_on(self) -> date:
        day = self.cleaned_data["filed_on"]
        if day.year <= self._report.year:
            raise forms.ValidationError(
                f"{self._report.year}年度还没有过完，报告不会在{say_day(day)}报来。请核对日期"
            )
        return day


class OpenReportsForm(forms.Form):
    """Open what is owed for a year (开启年报)."""

    year = forms.IntegerField(
        label="年度",
        help_text="已经过完的那一年；再开一遍只补漏掉的",
        widget=Affix("年", maxlength="4"),
        error_messages={"required": "请填年度", "invalid": "年度请填四位数字，例如2025"},
    )

    def clean_year(self) -> int:
        year, last = self.cleaned_data["year"], today(timezone.now()).year - 1
        if not 2000 <= year <= last:
            raise forms.ValidationError(f"请填2000到{last}之间的年度，没有过完的年度还不能开")
        return year


class StageForm(forms.Form):
    """Register the next stage of an enterprise (登记社会企业阶段)."""

    stage = radio("到哪个阶段", ())
    since = DayField("起始日期")
    until = DayField(
        "止（不含）", "认定文件写了期限才填，填不再有效的第一天", required=False, ahead=True
    )
    document = line("文号", most=60, required=False)

    def __init__(self, *args: Any, last: SocialEnterprise | None, **named: Any) -> None:
        super().__init__(*args, **named)
        self._last = last
        stages = STAGE_MOVES.after(last.stage) if last else self.first()
        offered = [(s.value, s.label) for s in stages]
        field_of(self, "stage", forms.ChoiceField).choices = offered

    @staticmethod
    def first() -> list[Any]:
        """Return the stages an enterprise may begin with (起点)."""
        return [SocialEnterprise.Stage.SEED, SocialEnterprise.Stage.RECOGNIZED]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and self._last and since <= self._last.since:
            self.add_error(
                "since", f"上一阶段从{say_day(self._last.since)}起，这一阶段要在它之后。请核对日期"
            )
        if since and until and until <= since:
            self.add_error("until", "止日要在起始日期之后，请照文件核对两个日期")
        return given


class EndOrganizationForm(forms.Form):
    """End an organization's registration (注销／撤销)."""

    how = radio(
        "怎么结束的", (("ended", "注销（自己申请的）"), ("revoked", "撤销（登记机关决定的）"))
    )
    on = DayField("结束日期", "等级和社会企业阶段同一天结束")
    reason = reason("依据", "写明文号或材料")


class IncomeForm(forms.Form):
    """Register what a collective earned (登记集体经济收入)."""

    place = PlaceField("村（社区）")
    year = forms.IntegerField(
        label="年度",
        widget=Affix("年", maxlength="4"),
        error_messages={"required": "请填年度", "invalid": "年度请填四位数字，例如2025"},
    )
    income = forms.CharField(
        label="经营收入",
        help_text="没有收入填0；不清楚就先不登记",
        max_length=30,
        widget=Affix("元", inputmode="decimal"),
        error_messages={"required": "请填经营收入，没有收入填0"},
    )
    organization = OrganizationField("集体经济组织")

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        only = field_of(self, "place", PlaceField).offer(by, rules.KEEP_INCOMES, Level.VILLAGE)
        self.initial.setdefault("place", only)
        field_of(self, "organization", OrganizationField).by = by

    def clean_year(self) -> int:
        year, last = self.cleaned_data["year"], today(timezone.now()).year - 1
        if not 1990 <= year <= last:
            raise forms.ValidationError(f"请填1990到{last}之间的年度，没有过完的年度还不能登记")
        return year

    def clean_income(self) -> int:
        try:
            fen = parse_yuan(self.cleaned_data["income"]).fen
        except BadValue as wrong:
            raise forms.ValidationError(said(wrong.fault)) from wrong
        if fen < 0:
            raise forms.ValidationError("经营收入要填0或更大的金额，亏损的填0")
        return fen


class OpenForm(forms.Form):
    """Say why somebody's number is opened (为什么打开号码)."""

    OTHER = "别的原因"
    WHYS = ("核对是不是同一个人", "联系本人安排服务", "本人要求更正", OTHER)
    why = choice("为什么要看", [(w, w) for w in WHYS], empty="请选一个理由，本人看得到")
    more = line("说明", "选“别的原因”时要写", most=180, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("why") == self.OTHER and len(given.get("more", "").strip()) < 2:
            self.add_error("more", "选了“别的原因”，请用一句话写明，本人看得到")
        return given

    @property
    def reason(self) -> str:
        """The reason as it is kept (理由)."""
        why, more = self.cleaned_data["why"], self.cleaned_data["more"].strip()
        return more if why == self.OTHER else "：".join(filter(None, (why, more)))


# --- people --------------------------------------------------------------------------------------


class PersonForm(forms.Form):
    """Who somebody is (居民登记)."""

    name = line("姓名", "照证件写全名", most=40, autocomplete="off")
    id_number = _digits("身份证号", "有证件就填，最不容易登重；填了不用再填出生和性别", 24)
    birth_on = DayField("出生日期", required=False)
    sex = forms.ChoiceField(
        label="性别",
        choices=[("", "不填"), ("f", "女"), ("m", "男")],
        required=False,
        widget=forms.RadioSelect({"class": "inline"}),
    )
    phone = _digits("手机号", "一家人可以用一个号", 20, inputmode="tel")
    place = PlaceField("村社")
    address = _digits("住址", "门牌、单元、房号", 120)

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        only = field_of(self, "place", PlaceField).offer(
            by, rules.KEEP_PEOPLE, Level.VILLAGE, Level.COURTYARD
        )
        self.initial.setdefault("place", only)

    def clean_id_number(self) -> str:
        return _id_number(self.cleaned_data["id_number"])

    def clean_phone(self) -> str:
        return _phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        number, birth, sex = given["id_number"], given["birth_on"], given["sex"]
        if number:
            told = codes.birth_of(number)
            if birth and birth != told:
                self.add_error(
                    "birth_on", "出生日期和身份证号对不上。请照证件改其中一个，或者清空出生日期"
                )
            if sex and sex != ("m" if codes.sex_of(number) == "male" else "f"):
                self.add_error("sex", "性别和身份证号对不上。请照证件改其中一个，或者选“不填”")
        elif not self.is_known(given):
            self.add_error(
                "birth_on",
                "没有身份证号，也没有出生日期和手机号，以后分不清是哪一位。请至少填一样",
            )
        return given

    def is_known(self, given: dict[str, Any]) -> bool:
        """Tell whether there is enough to tell this person from others without an ID number."""
        return bool(given["birth_on"] or given["phone"])


class AmendPersonForm(PersonForm):
    """Correct what is kept of somebody (更正个人信息); numbers left empty stay as they are."""

    SEALED = ("id_number", "phone", "address")
    reason = reason("为什么改", "例如“看过身份证”")

    def __init__(self, *args: Any, by: Actor, person: Person, **named: Any) -> None:
        kept = {
            "name": person.name,
            "birth_on": person.birth_on,
            "sex": person.sex,
            "place": spoken(person.place),
        }
        super().__init__(*args, by=by, initial=kept, **named)
        for name in self.SEALED:
            self.fields[name].help_text = f"不改就留空；要清空就填“{CLEARED}”"
        if person.id_number:
            # The number tells both, so they are not asked beside it.
            del self.fields["birth_on"], self.fields["sex"]

    def clean_id_number(self) -> str:
        text = self.cleaned_data["id_number"]
        return text if text == CLEARED else _id_number(text)

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        return text if text == CLEARED else _phone(text)

    def clean(self) -> dict[str, Any]:
        return forms.Form.clean(self) or {}

    @property
    def changes(self) -> dict[str, Any]:
        """What was filled in anew (改了哪些)."""
        found = {k: self.cleaned_data[k] for k in self.changed_data if k != "reason"}
        for name in self.SEALED:
            if found.get(name) == CLEARED:
                found[name] = ""
        return found


class VolunteerForm(forms.Form):
    """Register somebody as a volunteer at the counter, with how they agreed (代办志愿者登记)."""

    consent = line(
        "本人怎么同意的", "写哪天、怎么说的，例如“11月23日在窗口当面同意”", most=80,
        empty="没有写本人怎么同意的，就是“被志愿”。请写一句，例如“11月23日当面同意”",
    )  # fmt: skip
    guardian = line("监护人同意", "", most=40, required=False)
    place = PlaceField("在哪个村社登记")
    registered_on = DayField("登记日期")
    national_number = _digits("全国志愿者编号", "在全国系统登记过的才有", 30)

    def __init__(self, *args: Any, by: Actor, person: Person, **named: Any) -> None:
        super().__init__(*args, **named)
        self._person = person
        now = today(timezone.now())
        age = rule("volunteers.guardian-consent-under-age", now).number
        born = person.birth_on or (person.birth_year and date(person.birth_year, 12, 31))
        self._minor = bool(born and queries.add_years(born, age) > now)
        self._age = age
        self.fields["guardian"].help_text = f"不满{age}岁要写：哪位监护人、怎么同意的"
        if not self._minor and born:
            del self.fields["guardian"]
        field_of(self, "place", PlaceField).offer(
            by, rules.KEEP_PEOPLE, Level.VILLAGE, Level.COURTYARD
        )
        self.initial.update({"place": spoken(person.place), "registered_on": now})

    def clean_guardian(self) -> str:
        text = self.cleaned_data["guardian"].strip()
        if self._minor and not text:
            raise forms.ValidationError(
                f"{self._person.name}不满{self._age}岁，请写明是哪位监护人、怎么同意的"
            )
        return text


class EndForm(forms.Form):
    """End a registration for somebody (替人退出)."""

    reason = reason("为什么退出", "本人看得到，例如“本人打电话要求”", most=120)


class DecideForm(forms.Form):
    """Say whether two records are one person (是不是同一个人)."""

    DECISIONS = (
        (Candidate.State.MERGED.value, "是一个人，合并"),
        (Candidate.State.DISTINCT.value, "不是一个人"),
        (Candidate.State.LATER.value, "先放着"),
    )
    decision = forms.ChoiceField(
        label="核的结果", choices=DECISIONS, widget=forms.HiddenInput, error_messages=BAD_CHOICE
    )
    note = line(
        "怎么核的", "打过电话、看过证件，写一句就行", most=200,
        empty="没有写怎么核的。请写一句，例如“打电话问过，两个号都是他的”",
        placeholder="例如：打电话问过，两个号都是他的",
    )  # fmt: skip

    def __init__(self, data: Any = None, **named: Any) -> None:
        super().__init__(data, **named)
        if data and data.get("decision") == Candidate.State.LATER:
            self.fields["note"].required = False  # what is put off needs no reason


class SplitForm(forms.Form):
    """Take two merged records apart (拆开)."""

    note = reason("为什么拆开", "例如“本人说不是他，看过证件”")


class AnswerForm(forms.Form):
    """Answer what somebody says is wrong (答复登记异议)."""

    upheld = radio(
        "核对下来",
        (("yes", "本人说得对，更正了"), ("no", "登记没有错，说明理由")),
        empty="请选核对的结果",
    )
    ends = forms.BooleanField(label="同时让这条登记退出", required=False)
    answer = words(
        "答复", "写清楚查了什么、怎么处理，本人看得到", most=300, rows=4,
        empty="没有写答复。请写明核对的结果和理由，本人看得到",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("upheld") == "no" and given.get("ends"):
            self.add_error("ends", "登记没有错，就不用退出。请去掉勾，或者改选“本人说得对”")
        return given


# --- teams ---------------------------------------------------------------------------------------


class TeamForm(forms.Form):
    """Enter a team into the directory (登记志愿队)."""

    name = line("队名", "写全名，例如“青溪邻里守望队”", most=80)
    place = PlaceField("村社")
    organization: Any = OrganizationField("所属组织", "写全名、简称或信用代码；没有就留空")
    field = line("服务类别", "例如“助老”“环境”", most=40, required=False)
    founded_on = DayField("成立日期")

    def __init__(self, *args: Any, by: Actor, of: Organization | None = None, **named: Any) -> None:
        super().__init__(*args, **named)
        keeps = bool(rules.KEEP_TEAMS.paths(by))
        if of is not None:
            self.initial["organization"] = of.name if keeps else of.pk
        only = field_of(self, "place", PlaceField).offer(
            by, rules.KEEP_TEAMS, *Level.values, anywhere=not keeps
        )
        self.initial.setdefault("place", only)
        if keeps:
            field_of(self, "organization", OrganizationField).by = by
        else:
            self.fields["organization"] = OwnOrganization(by, rules.KEEP_TEAMS)


class JoinForm(forms.Form):
    """Put somebody on a team, with how they agreed (加队员)."""

    name = line("姓名", most=40, autocomplete="off")
    number = line(
        "手机号、身份证号或编号", "填一样，用来认准是哪一位；编号像V20411", most=24, autocomplete="off",
        empty="请填手机号、身份证号或编号，只凭姓名认不准是哪一位",
    )  # fmt: skip
    part = radio("身份", Membership.Part.choices)
    consent = line(
        "本人怎么同意的", "例如“11月23日打电话同意”", most=120,
        empty="没有写本人怎么同意的，就是“被志愿”。请写一句，例如“11月23日打电话同意”",
    )  # fmt: skip
    joined_on = DayField("加入日期")
    person: Person

    def __init__(self, *args: Any, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        self._by = by
        self.initial.update({"part": Membership.Part.MEMBER, "joined_on": today(timezone.now())})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        name, number = given.get("name"), given.get("number")
        if not name or not number:
            return given
        found = [p for p in self._meant(number.strip()) if p.name == normalize(name)]
        if not found:
            self.add_error(
                "number", "名册里没有姓名和号码都对得上的人。请核对；还没有登记过的，先请村社登记"
            )
        elif len(found) > 1:
            self.add_error("number", "有几条登记都对得上。请填身份证号，或者请村社先核对重复的登记")
        else:
            self.person = found[0]
        return given

    def _meant(self, number: str) -> list[Person]:
        """Return whoever has this number; a number on the register is only for those who may read it."""
        if number[:1].upper() == "V":
            return list(queries.find_people(self._by, number))
        if len(codes.normalize_id(number)) == 18:
            person = queries.person_with_id(number)
            return [person] if person else []
        return list(queries.people_with_phone(number))


class EndTeamForm(forms.Form):
    """End a team (解散志愿队)."""

    reason = reason("为什么解散", "队员看得到")
