"""What people fill in about events: registering, planning, the door."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from gongzhi.directory.models import Organization
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.calendar import LOCAL, local
from gongzhi.shared.codes import normalize_phone, phone_faults
from gongzhi.ui.forms import Affix, DayInput, field_of

from .models import Event, Kind, Question

BAD_CHOICE = {"required": "请选一个", "invalid_choice": "选的不在列出来的里面，请重新选一个"}
NEW = "new"


def text_field(
    label: str, hint: str = "", *, most: int, required: bool = True, **attrs: Any
) -> forms.CharField:
    """Return a field for a line of text (一行字) of at most *most* characters."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        required=required,
        widget=forms.TextInput(attrs),
        error_messages={
            "required": f"请填{label}",
            "max_length": f"{label}最多写{most}个字，请写短一点",
        },
    )


def whole_field(
    label: str, unit: str, hint: str = "", *, least: int = 1, most: int, required: bool = True
) -> forms.IntegerField:
    """Return a field for a whole number with its unit (整数)."""
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=most,
        required=required,
        widget=Affix(unit),
        error_messages={
            "required": f"请填{label}",
            "invalid": f"{label}请填数字，例如{least + 9}",
            "min_value": f"{label}请填{least}以上的数字",
            "max_value": f"{label}请填{most:,}以内的数字",
        },
    )


class PhoneField(forms.CharField):
    """A mobile number (手机号), kept as its digits."""

    def __init__(self, label: str, hint: str = "", *, required: bool = True) -> None:
        super().__init__(
            label=label,
            help_text=hint,
            max_length=24,
            required=required,
            error_messages={"required": f"请填{label}"},
            widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel", "class": "w-m"}),
        )

    def clean(self, value: Any) -> str:
        given = super().clean(value)
        if not given:
            return ""
        if fault := phone_faults(given):
            raise forms.ValidationError(f"{fault.wrong}。{fault.mend}。")
        return normalize_phone(given)


# --- registering ----------------------------------------------------------------------------------


class RegisterForm(forms.Form):
    """Register for an event (报名): nothing is asked that is known, nothing that this event does not need."""

    who = forms.ChoiceField(
        label="谁来参加", widget=forms.RadioSelect({"class": "inline"}), error_messages=BAD_CHOICE
    )
    name = text_field("姓名", "到场时报这个名字", most=20, autocomplete="name")
    phone = PhoneField("手机号", "用来发验证码和通知，不会公开")
    place = forms.ChoiceField(label="住在哪里", error_messages=BAD_CHOICE)
    birth_year = forms.IntegerField(
        label="哪年出生",
        widget=forms.TextInput({"inputmode": "numeric", "class": "w-s"}),
        error_messages={
            "required": "请填出生年，这一场有年龄要求",
            "invalid": "出生年请填4位数字，例如1958",
            "min_value": "出生年请填1900以后的年份",
            "max_value": "出生年不能在今年以后，请核对",
        },
        min_value=1900,
    )
    family = forms.BooleanField(label="替家里人报，本人愿意来", required=False)
    guardian = text_field(
        "监护人姓名", "孩子不满年龄的要填，写了就是监护人同意", most=20, required=False
    )
    guardian_phone = PhoneField("监护人电话", required=False)
    organization = forms.ChoiceField(
        label="代表哪家组织来", required=False, error_messages=BAD_CHOICE
    )
    accepts_tight = forms.BooleanField(label="两场隔得近，我来得及，照报", required=False)

    def __init__(
        self,
        *args: Any,
        event: Event,
        people: list[tuple[str, str]],
        knows_phone: bool,
        asks_tight: bool = False,
        asks_guardian: bool = False,
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        self.event, self.people = event, people
        self._whom()
        asked = self.data.get("who") if self.is_bound else (people[0][0] if people else NEW)
        if people and asked != NEW:
            for name in ("name", "place", "family"):
                self.fields[name].required = False
        if knows_phone:
            del self.fields["phone"]
        self._where()
        self._ages(asks_guardian, asked)
        self._organizations()
        if not asks_tight and not self.data.get("accepts_tight"):
            del self.fields["accepts_tight"]
        self._questions()

    def _whom(self) -> None:
        if not self.people:
            del self.fields["who"]
            return
        choices = [*self.people, (NEW, "家里别的人\n在下面写上名字")]
        field_of(self, "who", forms.ChoiceField).choices = choices
        self.fields["who"].initial = self.people[0][0]
        self.fields["name"].label = "家里别的人叫什么"
        self.fields["name"].help_text = "选上面已有的人，就不用填"

    def _where(self) -> None:
        near = self.event.place
        found = [p for p in _places_near(near) if p.level in (2, 3)]
        field_of(self, "place", forms.ChoiceField).choices = [
            (str(p.pk), p.name if p.level == 3 else f"{p.name}的别处") for p in found
        ]
        self.fields["place"].initial = str(near.pk)
        if near.pk not in [p.pk for p in found] and found:
            self.fields["place"].initial = str(found[0].pk)

    def _ages(self, asks_guardian: bool, who: str | None) -> None:
        event = self.event
        young = bool(event.guardian_under) or (event.max_age or 99) <= 18
        if not (event.min_age or event.max_age or event.guardian_under or asks_guardian):
            del self.fields["birth_year"]
        else:
            field = field_of(self, "birth_year", forms.IntegerField)
            field.max_value = timezone.localdate().year
            field.required = who == NEW or not self.people
        if not (young or asks_guardian):
            del self.fields["guardian"], self.fields["guardian_phone"]

    def _organizations(self) -> None:
        quotas = self.event.quotas.filter(organization__isnull=False, released_at__isnull=True)
        held = (
            [
                (str(q.organization_id), q.label)
                for q in quotas.select_related("place", "organization")
            ]
            if self.event.has_quotas
            else []
        )
        if not held:
            del self.fields["organization"]
            return
        field_of(self, "organization", forms.ChoiceField).choices = [("", "按个人来"), *held]

    def _questions(self) -> None:
        self.questions: list[Question] = (
            list(self.event.questions.order_by("number")) if self.event.has_questions else []
        )
        for question in self.questions:
            self.fields[f"q{question.pk}"] = question_field(question)

    def clean_birth_year(self) -> int | None:
        year = self.cleaned_data["birth_year"]
        if year and year > timezone.localdate().year:
            raise forms.ValidationError("出生年不能在今年以后，请核对")
        return year

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("who") == NEW and not given.get("name") and "name" not in self.errors:
            self.add_error("name", "请写上家里是哪一位")
        return given

    @property
    def answers(self) -> dict[int, str]:
        """What was answered, by question; several choices joined as the deed reads them."""
        said = {}
        for question in self.questions:
            value = self.cleaned_data.get(f"q{question.pk}") or ""
            said[question.pk] = "、".join(value) if isinstance(value, list) else str(value)
        return said


def question_field(question: Question) -> forms.Field:
    """Return the field that asks *question* (报名时问的)."""
    choices = [(c, c) for c in question.choices]
    wanted = {
        "required": f"“{question.text}”还没有答，请答了再报",
        "invalid_choice": f"“{question.text}”选的不在选项里，请重新选",
        "max_length": f"“{question.text}”最多写100个字，请写短一点",
    }
    if question.form == Question.Form.ONE:
        return forms.ChoiceField(
            label=question.text,
            choices=choices,
            required=question.is_required,
            widget=forms.RadioSelect({"class": "inline"}),
            error_messages=wanted,
        )
    if question.form == Question.Form.MANY:
        return forms.MultipleChoiceField(
            label=question.text,
            help_text="可以多选",
            choices=choices,
            required=question.is_required,
            widget=forms.CheckboxSelectMultiple({"class": "inline"}),
            error_messages=wanted,
        )
    return forms.CharField(
        label=question.text, max_length=100, required=question.is_required, error_messages=wanted
    )


def _places_near(place: Place) -> list[Place]:
    from .paging import places_to_choose

    return places_to_choose(place)


class CodeForm(forms.Form):
    """The code that came to the phone (验证码)."""

    code = forms.CharField(
        label="短信里的6位验证码",
        max_length=12,
        error_messages={"required": "没有填验证码。请看手机短信，填6位数字。"},
        widget=forms.TextInput(
            {
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "class": "w-s",
                "autofocus": True,
            }
        ),
    )


class PhoneForm(forms.Form):
    """The phone somebody registered with (报名的手机号)."""

    phone = PhoneField("手机号", "报名时留的那个号码，家里人的也行")


class RateForm(forms.Form):
    """What one thought of an event (评价)."""

    rating = forms.IntegerField(required=False)
    words = forms.CharField(required=False, max_length=500)


class EnterForm(RegisterForm):
    """Register a resident at their wish (代居民报名)."""

    channel = forms.ChoiceField(
        label="怎么来报的",
        choices=[("clerk", "打电话、上门"), ("counter", "到窗口"), ("paper", "写在纸上")],
        initial="clerk",
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages=BAD_CHOICE,
    )
    consent = text_field("本人怎么同意的", "本人查得到，例如“11月23日电话里说愿意来”", most=120)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        del self.fields["family"]
        self.fields["phone"].help_text = "结果发到这个号；老人没有手机，写家里人的"


# --- planning -------------------------------------------------------------------------------------


class MomentInput(forms.DateTimeInput):
    """A day and a time picked in the browser (日期和时间)."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"class": "w-m"}, format="%Y-%m-%dT%H:%M")


def moment_field(label: str, hint: str = "", *, required: bool = True) -> forms.DateTimeField:
    """Return a field for a day and a time (时刻), also read when it is typed."""
    return forms.DateTimeField(
        label=label,
        help_text=hint,
        required=required,
        widget=MomentInput(),
        input_formats=[
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M",
            "%Y年%m月%d日 %H:%M",
        ],
        error_messages={
            "required": f"请填{label}",
            "invalid": f"{label}认不出来，请写成2026-12-03 9:00这样",
        },
    )


class WhereMixin(forms.Form):
    """A field for the village or community where something happens."""

    place = text_field("在哪个村社", "写全名，例如“青溪社区”；全镇的写镇街名", most=60)

    def clean_place(self) -> Place:
        try:
            return places.find_place(self.cleaned_data["place"])
        except places.PlaceNotFound as missing:
            raise forms.ValidationError(str(missing)) from missing


class EventForm(WhereMixin):
    """What an event is (场次): when, where, for whom, how seats are given."""

    field_order = (
        *("kind", "title", "summary", "place", "address", "starts_at", "ends_at", "programme"),
        *("phone", "takes_registrations", "capacity", "rule", "registration_opens_at"),
        *("registration_closes_at", "draw_at", "has_waiting_list", "offer_hours", "takes_walk_ins"),
        *("min_age", "max_age", "guardian_under", "is_public", "is_step_free", "takes_calls"),
    )
    kind = forms.ChoiceField(
        label="哪一类",
        choices=Kind.choices,
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages=BAD_CHOICE,
    )
    title = text_field("名称", "街坊一看就懂，例如“百姓星期天：理发、磨刀、量血压”", most=80)
    summary = forms.CharField(
        label="一两句说明",
        help_text="来了做什么、要带什么",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
    )
    address = text_field("地点", "写到找得着，例如“3号院坝”", most=120)
    starts_at = moment_field("开始")
    ends_at = moment_field("结束")
    programme = forms.CharField(
        label="当天安排",
        help_text="一行一件，时间写在前面，例如“9:20 理发、磨刀”",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
    )
    phone = text_field(
        "公开电话", "不会用手机的人打这个号报名", most=30, required=False, inputmode="tel"
    )
    takes_registrations = forms.BooleanField(label="要报名", required=False, initial=True)
    capacity = whole_field("名额", "个", "不限人数就空着", most=100_000, required=False)
    rule = forms.ChoiceField(
        label="报的人多了怎么分",
        choices=[("first_come", "先报先得"), ("lottery", "抽签\n报名截止以后抽，先报后报一样")],
        initial="first_come",
        widget=forms.RadioSelect({"class": "inline"}),
        error_messages=BAD_CHOICE,
    )
    registration_opens_at = moment_field("报名开始", "空着就是发布以后马上可以报", required=False)
    registration_closes_at = moment_field("报名截止", "空着就是开始前都可以报", required=False)
    draw_at = moment_field("什么时候抽签", "只有抽签的要填", required=False)
    has_waiting_list = forms.BooleanField(label="满了可以排队", required=False, initial=True)
    offer_hours = whole_field(
        "空出的座位留多久", "小\u2060时", "问到的人在这段时间里答复", most=168
    )
    takes_walk_ins = forms.BooleanField(label="没报名的也能来", required=False, initial=True)
    min_age = whole_field("最小年龄", "岁", "没有要求就空着", most=120, required=False)
    max_age = whole_field("最大年龄", "岁", most=120, required=False)
    guardian_under = whole_field(
        "不满几岁要监护人同意", "岁", "不满14岁的一定要", most=18, required=False
    )
    is_public = forms.BooleanField(label="公开，大家都看得到", required=False, initial=True)
    is_step_free = forms.BooleanField(label="轮椅能到", required=False)
    takes_calls = forms.BooleanField(label="可以电话参加", required=False)

    WHEN_AND_WHERE = ("place", "address", "starts_at", "ends_at")

    def __init__(self, *args: Any, is_published: bool = False, **named: Any) -> None:
        super().__init__(*args, **named)
        if is_published:
            for name in self.WHEN_AND_WHERE:
                del self.fields[name]

    @property
    def details(self) -> dict[str, Any]:
        """What was filled in, as the deeds take it."""
        given = dict(self.cleaned_data)
        given["offer_minutes"] = given.pop("offer_hours") * 60
        return given


def written(event: Event) -> dict[str, Any]:
    """Return an event as its form shows it."""
    names = [n for n in EventForm.base_fields if n not in ("place", "offer_hours")]
    said = {name: getattr(event, name) for name in names}
    for name, value in said.items():
        if isinstance(value, datetime):
            said[name] = local(value)
    return said | {"place": str(event.place), "offer_hours": max(1, event.offer_minutes // 60)}


class MoveForm(WhereMixin):
    """Move an event (改期)."""

    field_order = ("starts_at", "ends_at", "place", "address", "why")
    starts_at = moment_field("新的开始")
    ends_at = moment_field("新的结束")
    address = text_field("地点", most=120)
    why = text_field("为什么改", "报了名的人都会收到，例如“下雨，院坝积水”", most=200)


class WhyForm(forms.Form):
    """Say why (原因)."""

    why = text_field("为什么", "报了名的人都会收到", most=200)


class CloseForm(forms.Form):
    """Close an event that took place (散场，收尾)."""

    ended_at = moment_field("实际几点散的", "和原定的一样就不用改", required=False)
    note = forms.CharField(
        label="一句话",
        help_text="办得怎么样、下回注意什么；不写也行",
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )


class QuotaForm(forms.Form):
    """Keep seats for a place or an organization (留名额)."""

    for_whom = text_field("留给谁", "写村社、镇街的名字，或者组织的全名", most=100)
    seats = whole_field("留几个", "个", most=100_000)
    releases_on = forms.DateField(
        label="哪天收回",
        help_text="到这天没用完的，大家都可以报",
        widget=DayInput(),
        error_messages={
            "required": "请填哪天收回",
            "invalid": "这个日期认不出来，请写成2026-12-03这样",
        },
    )

    def clean_for_whom(self) -> Place | Organization:
        given = self.cleaned_data["for_whom"].strip()
        found = Organization.objects.filter(name=given).order_by("pk").first()
        if found is not None:
            return found
        try:
            return places.find_place(given)
        except places.PlaceNotFound as missing:
            raise forms.ValidationError(f"{missing}是组织的，请写名录里的全名") from missing


class QuestionsForm(forms.Form):
    """What is asked of whoever registers (报名时问什么): one question a line."""

    questions = forms.CharField(
        label="一行问一件事",
        help_text="要选的，把选项写在冒号后面，用顿号隔开；能选几个的在最前面写“多选”，必答的在最后写“必答”。"
        "例如“多选 想做什么：理发、磨刀、量血压”“要人接吗：不用、要 必答”“有什么忌口”",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 6}),
    )

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The questions as the deed takes them."""
        return [read_question(x) for x in self.cleaned_data["questions"].splitlines() if x.strip()]


def read_question(line: str) -> dict[str, Any]:
    """Read a question as it is written: 多选 想做什么：理发、磨刀 必答."""
    line = line.strip()
    required = line.endswith("必答")
    line = line.removesuffix("必答").strip()
    many = line.startswith("多选")
    line = line.removeprefix("多选").strip()
    text, _, rest = line.replace(":", "：").partition("：")
    choices = [c.strip() for c in rest.split("、") if c.strip()]
    form = Question.Form.WORDS if not choices else Question.Form.MANY if many else Question.Form.ONE
    return {"text": text.strip(), "form": form, "choices": choices, "is_required": required}


def write_question(question: Question) -> str:
    """Return a question as somebody would type it."""
    said = ("多选 " if question.form == Question.Form.MANY else "") + question.text
    if question.choices:
        said += "：" + "、".join(question.choices)
    return said + (" 必答" if question.is_required else "")


# --- the door -------------------------------------------------------------------------------------


class WalkInForm(forms.Form):
    """Somebody who came without registering (当场来的)."""

    name = text_field("姓名", most=20)
    phone = PhoneField("手机号", "没有手机就留家里人的")


def default_times(now: datetime) -> dict[str, datetime]:
    """Return next Sunday from nine to half past eleven: what a new event begins with."""
    at = local(now)
    day = at.date() + timedelta(days=(6 - at.weekday()) or 7)
    begin = datetime.combine(day, time(9), tzinfo=LOCAL)
    return {"starts_at": begin, "ends_at": begin + timedelta(hours=2.5)}
