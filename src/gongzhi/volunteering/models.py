"""
Who can help with what, when help is needed, who helped for how long, and what can be shown for it (志愿服务).

A shift is an event of the kind 志愿服务 with a little more said about it. A service is what one person gave at one
shift; its minutes change by entries alone, which are never changed themselves.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q

from gongzhi.accounts.models import User
from gongzhi.directory.models import Person, Team
from gongzhi.events.models import Event, Registration
from gongzhi.places.models import Place


class Skill(models.TextChoices):
    """What people can do (会做什么); `any` asks for two hands and good will."""

    ANY = "any", "不限，有心就行"
    HAIR = "hair", "理发"
    REPAIR = "repair", "修家电、修小件"
    PLUMBING = "plumbing", "水电维修"
    MEDICAL = "medical", "医护、量血压"
    TEACHING = "teaching", "辅导孩子功课"
    PHONE = "phone", "教用手机"
    COMPANY = "company", "陪伴老人"
    LAW = "law", "法律咨询"
    MEDIATION = "mediation", "调解"
    PSYCHOLOGY = "psychology", "心理疏导"
    ARTS = "arts", "文艺、书法"
    SPORTS = "sports", "健身、体育"
    GREEN = "green", "环保、种植"
    ORDER = "order", "维持秩序、引路"
    DRIVING = "driving", "开车接送"
    COOKING = "cooking", "做饭、帮厨"
    SIGNING = "signing", "手语"
    PHOTOS = "photos", "拍照、剪辑"
    RESCUE = "rescue", "应急救护"


class Reach(models.TextChoices):
    """How far somebody goes to help (愿意走多远)."""

    VILLAGE = "village", "本村社"
    TOWN = "town", "本镇街"
    COUNTY = "county", "全县都行"


class Half(models.TextChoices):
    """A part of a day (时段)."""

    MORNING = "am", "上午"
    AFTERNOON = "pm", "下午"
    EVENING = "eve", "晚上"


class Profile(models.Model):
    """What somebody can do, when and how near (我能帮什么): said by the person, for finding shifts alone."""

    PRIVACY: ClassVar = {"skills": "S2", "free": "S2"}

    person = models.OneToOneField(Person, models.PROTECT, related_name="+", verbose_name="人")
    skills = models.JSONField("会做什么", default=list, blank=True)
    # Parts of the week as `6-am`: Saturday morning is `5-am`, Monday is 0. Nothing said: any time.
    free = models.JSONField("什么时候有空", default=list, blank=True)
    reach = models.CharField("愿意走多远", max_length=8, choices=Reach, default=Reach.TOWN)
    # Stars are shown to nobody, not even to the person, unless they ask for it.
    wants_stars = models.BooleanField("想看星级", default=False)
    changed_at = models.DateTimeField("改动时间")

    class Meta:
        verbose_name = verbose_name_plural = "我能帮什么"


class Shift(models.Model):
    """What an event of the kind 志愿服务 needs (志愿岗位): a skill, a team, and what must be known beforehand."""

    PRIVACY: ClassVar = {"policy_number": "S1"}

    event = models.OneToOneField(Event, models.PROTECT, related_name="shift", verbose_name="场次")
    skill = models.CharField("要会什么", max_length=12, choices=Skill, default=Skill.ANY)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="志愿队"
    )
    is_team_only = models.BooleanField("只要本队队员", default=False)
    # 志愿服务条例第12条: what could happen is told before somebody agrees.
    is_risky = models.BooleanField("可能有人身危险", default=False)
    risks = models.CharField("有什么风险、怎么防", max_length=300, blank=True)
    insurer = models.CharField("承保单位", max_length=60, blank=True)
    policy_number = models.CharField("保单号", max_length=40, blank=True)
    insured_since = models.DateField("保险起", null=True, blank=True)
    insured_until = models.DateField("保险止（不含）", null=True, blank=True)
    # When hours were last counted from the arrivals of the event; empty while nobody did.
    counted_at = models.DateTimeField("核时长的时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "志愿岗位"
        constraints = [
            CheckConstraint(
                name="volunteering_risks_are_told",
                condition=Q(is_risky=False) | ~Q(risks=""),
            ),
            CheckConstraint(
                name="volunteering_only_a_team_keeps_to_itself",
                condition=Q(is_team_only=False) | Q(team__isnull=False),
            ),
            CheckConstraint(
                name="volunteering_insurance_holds_for_a_while",
                condition=Q(insured_since__isnull=True, insured_until__isnull=True)
                | Q(insured_until__gt=F("insured_since")),
            ),
        ]

    @property
    def is_insured(self) -> bool:
        """Whether an insurance that was noted holds on the days of the event; needs `event` loaded."""
        return bool(
            self.policy_number
            and self.insured_since
            and self.insured_until
            and self.insured_since <= self.event.day < self.insured_until
        )


class Agreement(models.Model):
    """What a volunteer agreed to when taking a shift (接岗位): told of the risks, with whom a minor comes."""

    registration = models.OneToOneField(
        Registration, models.PROTECT, related_name="+", verbose_name="报名"
    )
    was_told_risks = models.BooleanField("听过风险告知", default=False)
    companion = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="陪同的成年人"
    )
    agreed_at = models.DateTimeField("答应时间")

    class Meta:
        verbose_name = verbose_name_plural = "接岗位"


class ServiceQuerySet(models.QuerySet["Service"]):
    def counted(self) -> ServiceQuerySet:
        """
        Keep the services that count: confirmed, longer than nothing, one for a person and a shift after a merge.

        Of two merged people who both served at one shift, the record that stands for both counts; where only merged
        records served, the oldest. Only rows of merged people are looked at twice.
        """
        head = OuterRef("person__merged_into_id")
        same = Service.objects.filter(event_id=OuterRef("event_id"), state="counted", minutes__gt=0)
        twice = same.filter(
            Q(person_id=head) | Q(person__merged_into_id=head, pk__lt=OuterRef("pk"))
        )
        return self.filter(state=Service.State.COUNTED, minutes__gt=0).filter(
            Q(person__merged_into__isnull=True) | Q(event__isnull=True) | ~Exists(twice)
        )


class Service(models.Model):
    """What one person gave at one shift (一次志愿服务). `minutes` is always the sum of its entries."""

    PRIVACY: ClassVar = {"title": "S1"}

    class Source(models.TextChoices):
        SCANNED = "scanned", "按到场登记"
        TYPED = "typed", "补记"
        IMPORTED = "imported", "别的系统"

    class State(models.TextChoices):
        WAITING = "waiting", "等另一个人核"
        COUNTED = "counted", "算数"
        DECLINED = "declined", "没有认"

    # `event:<event>:<person>` or `<system>:<number there>`: the same service is written once.
    key = models.CharField("记录编号", max_length=120, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="人")
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="场次"
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="志愿队",
    )
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="在哪个村社"
    )
    day = models.DateField("日期")
    title = models.CharField("服务内容", max_length=80)
    begins_at = models.DateTimeField("起", null=True, blank=True)
    ends_at = models.DateTimeField("止", null=True, blank=True)
    # What was said it took, before overlaps are counted once and the cap of a day is kept.
    claimed = models.IntegerField("报的分钟")
    source = models.CharField("怎么来的", max_length=10, choices=Source)
    state = models.CharField("状态", max_length=10, choices=State, default=State.COUNTED)
    by_rule = models.IntegerField("按规则算的分钟", default=0, editable=False)
    corrected = models.IntegerField("更正的分钟", default=0, editable=False)
    minutes = models.IntegerField("分钟", default=0, editable=False)
    roster = models.CharField("纸面签到表在哪里", max_length=120, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁记的"
    )
    recorded_as = models.CharField("以什么身份记的", max_length=60, blank=True)
    recorded_at = models.DateTimeField("记的时间")
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁核的"
    )
    decided_at = models.DateTimeField("核的时间", null=True, blank=True)
    reason = models.CharField("没有认的原因", max_length=200, blank=True)
    batch = models.BigIntegerField("导入批次", null=True, blank=True, editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "志愿服务记录"
        constraints = [
            CheckConstraint(
                name="volunteering_minutes_are_the_sum_of_entries",
                condition=Q(minutes=F("by_rule") + F("corrected"), minutes__gte=0, by_rule__gte=0),
            ),
            CheckConstraint(
                name="volunteering_only_what_counts_has_minutes",
                condition=Q(state="counted") | Q(minutes=0),
            ),
            CheckConstraint(
                name="volunteering_typed_hours_have_a_shift_and_a_roster",
                condition=~Q(source="typed") | Q(event__isnull=False) & ~Q(roster=""),
            ),
            CheckConstraint(
                name="volunteering_typed_hours_count_after_a_second_person",
                condition=~Q(source="typed", state="counted")
                | Q(approved_by__isnull=False) & ~Q(approved_by=F("recorded_by"))
                | Q(recorded_by__isnull=True),
            ),
            CheckConstraint(
                name="volunteering_a_service_ends_after_it_begins",
                condition=Q(begins_at__isnull=True, ends_at__isnull=True)
                | Q(ends_at__gte=F("begins_at")),
            ),
            CheckConstraint(
                name="volunteering_claims_are_not_negative", condition=Q(claimed__gte=0)
            ),
        ]
        indexes = [
            Index(name="volunteering_by_place", fields=["place", "day"]),
            Index(name="volunteering_by_day", fields=["day", "id"]),
            Index(name="volunteering_of_person", fields=["person", "day"]),
            Index(name="volunteering_of_team", fields=["team", "day"]),
            Index(
                name="volunteering_waiting",
                fields=["place", "id"],
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Entry(models.Model):
    """One change of the minutes of a service (记一笔): added, never changed and never taken away."""

    class Kind(models.TextChoices):
        BY_RULE = "by_rule", "按规则算"
        CORRECTED = "corrected", "更正"

    service = models.ForeignKey(
        Service, models.PROTECT, related_name="entries", verbose_name="服务记录"
    )
    kind = models.CharField("哪一种", max_length=10, choices=Kind)
    minutes = models.IntegerField("加减分钟")
    reason = models.CharField("为什么", max_length=200)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁办的"
    )
    entered_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "时长进出"
        constraints = [
            CheckConstraint(
                name="volunteering_an_entry_changes_something", condition=~Q(minutes=0)
            ),
            CheckConstraint(name="volunteering_an_entry_says_why", condition=~Q(reason="")),
        ]


class Numbering(models.Model):
    """The last number of a certificate in a year (证明编号): the row that whoever issues one holds."""

    year = models.SmallIntegerField("年度", primary_key=True)
    last = models.IntegerField("最后一号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "证明编号"


class Certificate(models.Model):
    """
    A statement of what somebody served (志愿服务证明), as it stood on the day it was issued.

    What it says is kept with it, so that a later correction does not change a paper that somebody holds; a paper
    that turns out wrong is revoked, and the page behind its code says so.
    """

    PRIVACY: ClassVar = {"says": "S2", "code": "S2", "name": "S2"}

    number = models.CharField("编号", max_length=30, unique=True)
    code = models.CharField("验证码", max_length=6)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="人")
    name = models.CharField("姓名", max_length=40)
    since = models.DateField("起")
    until = models.DateField("止")
    times = models.IntegerField("次数")
    minutes = models.IntegerField("分钟")
    other_minutes = models.IntegerField("补记和别的系统的分钟")
    # The rows of the table, the teams, who issued it: plain JSON.
    says = models.JSONField("写了什么", default=dict)
    shows_rows = models.BooleanField("露服务明细", default=True)
    shows_teams = models.BooleanField("露志愿队名字", default=True)
    issued_at = models.DateTimeField("出具时间")
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办"
    )
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)
    revoked_why = models.CharField("作废原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "志愿服务证明"
        constraints = [
            CheckConstraint(
                name="volunteering_a_certificate_says_something",
                condition=Q(minutes__gt=0, times__gt=0, until__gte=F("since")),
            ),
            CheckConstraint(
                name="volunteering_what_is_revoked_says_why",
                condition=Q(revoked_at__isnull=True, revoked_why="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_why=""),
            ),
        ]
        indexes = [Index(name="volunteering_certificates_of", fields=["person", "-id"])]


class WrongTry(models.Model):
    """A certificate was asked for with a wrong code (验错的一次); `origin` is a keyed hash, kept for a day."""

    origin = models.CharField("来路指纹", max_length=32)
    tried_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "验错的一次"
        indexes = [Index(name="volunteering_wrong_tries", fields=["origin", "tried_at"])]
