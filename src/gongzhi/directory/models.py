"""
Who there is: organizations and their dated standing, people, volunteers, teams.

What holds from a day until another says so in two columns, the second exclusive, so that a stock
figure of any day is one query and an expired thing drops out by itself. Nothing is deleted:
things end, with a reason. Personal numbers are sealed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from gongzhi.places.models import Place
from gongzhi.shared.sealed import SealedField


class Organization(models.Model):
    """An organization of any kind that the county works with (组织)."""

    PRIVACY: ClassVar = {
        "contact_phone": "S2",
        "contact_name": "S1",
        "legal_representative": "S1",
    }

    class Kind(models.TextChoices):
        ASSOCIATION = "association", "社会团体"
        SERVICE = "service", "社会服务机构（民非）"
        FOUNDATION = "foundation", "基金会"
        FILED = "filed", "备案社区社会组织"
        ENTERPRISE = "enterprise", "企业"
        COLLECTIVE = "collective", "村（社区）集体经济组织"
        COMMITTEE = "committee", "村（居）民委员会"
        GOVERNMENT = "government", "机关"
        INSTITUTION = "institution", "事业单位"
        OTHER = "other", "其他"

    class Status(models.TextChoices):
        ACTIVE = "active", "在册"
        SUSPENDED = "suspended", "限期整改"
        ENDED = "ended", "已注销"
        REVOKED = "revoked", "已撤销"
        WITHDRAWN = "withdrawn", "误录，已撤回"

    # 登记在册的社会组织: 社会团体, 社会服务机构 and 基金会; 备案 groups are counted apart.
    SOCIAL = (Kind.ASSOCIATION, Kind.SERVICE, Kind.FOUNDATION)

    name = models.CharField("名称", max_length=100)
    short_name = models.CharField("简称", max_length=40, blank=True)
    kind = models.CharField("类别", max_length=20, choices=Kind)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True)
    filing_number = models.CharField("备案编号", max_length=40, blank=True)
    status = models.CharField("登记状态", max_length=20, choices=Status, default=Status.ACTIVE)
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="所在村社"
    )
    address = models.CharField("住所", max_length=120, blank=True)
    registered_on = models.DateField("登记（备案）日期")
    ended_on = models.DateField("注销日期", null=True, blank=True)
    registrar = models.CharField("登记机关", max_length=60, blank=True)
    supervisor = models.CharField("业务主管单位", max_length=60, blank=True)
    legal_representative = models.CharField("法定代表人", max_length=40, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = SealedField("联系电话")
    field = models.CharField("业务领域", max_length=40, blank=True)
    purpose = models.CharField("业务范围", max_length=300, blank=True)
    tokens = models.TextField("检索词", blank=True, editable=False)
    created_at = models.DateTimeField("建档时间")

    class Meta:
        verbose_name = verbose_name_plural = "组织"
        constraints = [
            UniqueConstraint(
                name="directory_one_organization_a_uscc", fields=["uscc"], condition=~Q(uscc="")
            ),
            UniqueConstraint(
                name="directory_one_organization_a_filing_number",
                fields=["filing_number"],
                condition=~Q(filing_number=""),
            ),
            CheckConstraint(
                name="directory_organization_ends_when_its_status_says_so",
                condition=Q(ended_on__isnull=True, status__in=("active", "suspended"))
                | Q(ended_on__isnull=False, status__in=("ended", "revoked"))
                # Never was: counted on no day, and its codes are free again.
                | Q(ended_on=F("registered_on"), status="withdrawn", uscc="", filing_number=""),
            ),
            CheckConstraint(
                name="directory_organization_ends_after_it_begins",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("registered_on")),
            ),
        ]
        indexes = [
            Index(name="directory_orgs_by_place", fields=["place", "id"]),
            Index(name="directory_orgs_by_kind", fields=["kind", "registered_on"]),
        ]

    def __str__(self) -> str:
        return self.name


class Rating(models.Model):
    """
    A rating 1A to 5A that holds from one day until another (评估等级), 5 years by 民政部令39号.

    One organization holds one rating at a time. What ends early (revoked, followed by another, the
    organization gone) has `valid_until` moved to that day; the audit line keeps what it was.
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="ratings", verbose_name="组织"
    )
    grade = models.SmallIntegerField("等级", choices=[(n, f"{n}A") for n in range(1, 6)])
    valid_from = models.DateField("起")
    valid_until = models.DateField("止（不含）")
    authority = models.CharField("评估机关", max_length=60, blank=True)
    document = models.CharField("文号", max_length=60, blank=True)
    revoked_on = models.DateField("取消日期", null=True, blank=True)
    override = models.CharField("不合条件仍评的理由", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "评估等级"
        constraints = [
            UniqueConstraint(
                name="directory_one_rating_from_a_day", fields=["organization", "valid_from"]
            ),
            CheckConstraint(
                name="directory_rating_ends_after_it_begins",
                condition=Q(valid_until__gte=F("valid_from")),
            ),
            CheckConstraint(
                name="directory_rating_grade_is_1_to_5", condition=Q(grade__gte=1, grade__lte=5)
            ),
        ]


class AnnualReport(models.Model):
    """What an organization owes for a year, and when it came (年检／年报)."""

    class Outcome(models.TextChoices):
        DUE = "due", "待报"
        FILED = "filed", "已报"
        PASSED = "passed", "合格"
        BASIC = "basic", "基本合格"
        FAILED = "failed", "不合格"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="annual_reports", verbose_name="组织"
    )
    year = models.SmallIntegerField("年度")
    # The first day on which it is late, so that a stock figure can ask for a day.
    late_from = models.DateField("逾期起算日")
    filed_on = models.DateField("报送日期", null=True, blank=True)
    outcome = models.CharField("结论", max_length=10, choices=Outcome, default=Outcome.DUE)

    class Meta:
        verbose_name = verbose_name_plural = "年度报告"
        constraints = [
            UniqueConstraint(name="directory_one_report_a_year", fields=["organization", "year"]),
            CheckConstraint(
                name="directory_a_report_that_came_is_not_due",
                condition=Q(filed_on__isnull=True, outcome="due")
                | Q(filed_on__isnull=False) & ~Q(outcome="due"),
            ),
        ]

    @property
    def due_on(self) -> date:
        """Return the last day on which it is in time (截止日)."""
        return self.late_from - timedelta(days=1)


class SocialEnterprise(models.Model):
    """A stage on the way to 社会企业, from one day until another (社会企业阶段)."""

    class Stage(models.TextChoices):
        SEED = "seed", "种子社会企业"
        RECOGNIZED = "recognized", "认定社会企业"
        EXPIRED = "expired", "认定到期"
        REVOKED = "revoked", "取消认定"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="stages", verbose_name="组织"
    )
    stage = models.CharField("阶段", max_length=12, choices=Stage)
    since = models.DateField("起")
    until = models.DateField("止（不含）", null=True, blank=True)
    document = models.CharField("文号", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "社会企业阶段"
        constraints = [
            UniqueConstraint(
                name="directory_one_stage_from_a_day", fields=["organization", "since"]
            ),
            CheckConstraint(
                name="directory_stage_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
            ),
        ]


class CollectiveYear(models.Model):
    """
    What the collective economy of a village or community earned in a year (集体年收入), in 分.

    It is what is known from the first of January after that year until a later year is recorded.
    """

    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="村社")
    year = models.SmallIntegerField("年度")
    since = models.DateField("起")
    until = models.DateField("止（不含）", null=True, blank=True)
    income_fen = models.BigIntegerField("经营收入（分）")
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="集体经济组织",
    )

    class Meta:
        verbose_name = verbose_name_plural = "集体经济年度收入"
        constraints = [
            UniqueConstraint(name="directory_one_income_a_year", fields=["place", "year"]),
            CheckConstraint(
                name="directory_income_is_not_negative", condition=Q(income_fen__gte=0)
            ),
            CheckConstraint(
                name="directory_income_holds_until_a_later_year",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
        ]


class PersonQuerySet(models.QuerySet["Person"]):
    def hold(self, pk: int) -> Person:
        """
        Fetch the record that stands for the person with number *pk*, and hold it until the transaction ends.

        Who merges or splits people holds both records, so the pointer is followed again once it is held.
        """
        while True:
            head = self.values_list("merged_into_id", flat=True).get(pk=pk) or pk
            held = self.select_for_update(of=("self",)).select_related("place").get(pk=head)
            if held.merged_into_id is None:
                return held


class Person(models.Model):
    """
    A person, known by a keyed hash of the ID number where there is one (人).

    A phone is not a person: families share phones. Merging is a pointer and can be undone.
    """

    PRIVACY: ClassVar = {
        "id_number": "S3",
        "phone": "S2",
        "address": "S2",
        "birth_on": "S2",
        "name": "S2",
    }

    class Sex(models.TextChoices):
        UNKNOWN = "", "未登记"
        MALE = "m", "男"
        FEMALE = "f", "女"

    name = models.CharField("姓名", max_length=40)
    sex = models.CharField("性别", max_length=1, choices=Sex, blank=True, default="")
    birth_year = models.SmallIntegerField("出生年", null=True, blank=True)
    birth_on = models.DateField("出生日期", null=True, blank=True)
    id_number = SealedField("身份证号")
    id_key = models.CharField("身份证号指纹", max_length=32, blank=True, editable=False)
    phone = SealedField("手机号")
    phone_key = models.CharField("手机号指纹", max_length=32, blank=True, editable=False)
    address = SealedField("住址")
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="村社"
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        db_index=False,
        verbose_name="并入",
    )
    erased_at = models.DateTimeField("注销时间", null=True, blank=True)
    tokens = models.TextField("检索词", blank=True, editable=False)
    created_at = models.DateTimeField("建档时间")

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "人"
        constraints = [
            UniqueConstraint(
                name="directory_one_person_an_id_number", fields=["id_key"], condition=~Q(id_key="")
            ),
            # Distinct people are counted in 32-bit bitmaps.
            CheckConstraint(name="directory_person_ids_fit_a_bitmap", condition=Q(id__lt=2**32)),
            CheckConstraint(
                name="directory_nobody_is_merged_into_themselves",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]
        indexes = [
            Index(name="directory_people_by_place", fields=["place", "id"]),
            Index(name="directory_people_by_phone", fields=["phone_key"]),
            Index(
                name="directory_people_merged",
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def standing_id(self) -> int:
        """Return whom this record stands for: itself, or the one it was merged into."""
        return self.merged_into_id or self.pk


class Source(models.TextChoices):
    """How a registration came about (登记来源)."""

    IMPORTED = "imported", "导入"
    SELF = "self", "本人登记"
    PROXY = "proxy", "他人代办"


class Ending(models.TextChoices):
    """How a registration came to its end (怎么退出的)."""

    SELF = "self", "本人退出"
    STAFF = "staff", "工作人员办的"
    MERGED = "merged", "合并时并掉"
    WITHDRAWN = "withdrawn", "导入撤回"
    ERASED = "erased", "本人注销"


class Volunteer(models.Model):
    """
    Somebody's registration as a volunteer (志愿者登记).

    Three counts are kept apart: registered (here), confirmed by the person (`confirmed_on`), active
    in the last 12 months (`last_served_on` until `active_until`). The first never stands alone.
    """

    PRIVACY: ClassVar = {"national_number": "S1", "last_served_on": "S2"}

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="volunteering", verbose_name="人"
    )
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="村社"
    )
    national_number = models.CharField("全国志愿者编号", max_length=30, blank=True)
    source = models.CharField("登记来源", max_length=10, choices=Source)
    consent = models.CharField("怎么同意的", max_length=120, blank=True)
    registered_on = models.DateField("登记日期")
    confirmed_on = models.DateField("本人确认日期", null=True, blank=True)
    last_served_on = models.DateField("最近一次服务", null=True, blank=True)
    # The first day on which that service is over 12 months ago: then the figure drops by itself.
    active_until = models.DateField("近期服务算到（不含）", null=True, blank=True)
    ended_on = models.DateField("退出日期", null=True, blank=True)
    ended_how = models.CharField("怎么退出的", max_length=10, choices=Ending, blank=True)
    ended_reason = models.CharField("退出原因", max_length=120, blank=True)
    batch = models.BigIntegerField("导入批次", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "志愿者登记"
        constraints = [
            UniqueConstraint(
                name="directory_one_live_registration_a_volunteer",
                fields=["person"],
                condition=Q(ended_on__isnull=True),
            ),
            CheckConstraint(
                name="directory_volunteer_ends_after_beginning",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("registered_on")),
            ),
            CheckConstraint(
                name="directory_volunteer_ends_in_some_way",
                condition=Q(ended_on__isnull=True, ended_how="")
                | Q(ended_on__isnull=False) & ~Q(ended_how=""),
            ),
            CheckConstraint(
                name="directory_volunteer_is_active_after_serving",
                condition=Q(last_served_on__isnull=True, active_until__isnull=True)
                | Q(active_until__gt=F("last_served_on")),
            ),
            CheckConstraint(
                name="directory_nobody_is_made_a_volunteer_without_consent",
                condition=~Q(source="proxy") | ~Q(consent=""),
            ),
        ]
        indexes = [Index(name="directory_volunteers_by_place", fields=["place", "id"])]

    @property
    def number(self) -> str:
        """Return the number that pages show and people say (编号), never the ID number."""
        return f"V{self.pk:05d}"


class Team(models.Model):
    """A volunteer service team (志愿服务队)."""

    name = models.CharField("名称", max_length=80)
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="村社"
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name="所属组织",
    )
    field = models.CharField("服务类别", max_length=40, blank=True)
    founded_on = models.DateField("成立日期")
    ended_on = models.DateField("解散日期", null=True, blank=True)
    tokens = models.TextField("检索词", blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "志愿服务队"
        constraints = [
            UniqueConstraint(name="directory_one_team_a_name_in_a_place", fields=["place", "name"]),
            CheckConstraint(
                name="directory_team_ends_after_it_begins",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("founded_on")),
            ),
        ]
        indexes = [Index(name="directory_teams_by_place", fields=["place", "id"])]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Somebody's membership of a team, from one day until another (队员)."""

    class Part(models.TextChoices):
        MEMBER = "member", "队员"
        LEADER = "leader", "队长"

    team = models.ForeignKey(
        Team, models.PROTECT, related_name="memberships", verbose_name="志愿队"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="memberships", verbose_name="人"
    )
    part = models.CharField("身份", max_length=10, choices=Part, default=Part.MEMBER)
    source = models.CharField("登记来源", max_length=10, choices=Source)
    joined_on = models.DateField("加入日期")
    left_on = models.DateField("退出日期", null=True, blank=True)
    left_how = models.CharField("怎么退出的", max_length=10, choices=Ending, blank=True)
    left_reason = models.CharField("退出原因", max_length=120, blank=True)
    consent = models.CharField("怎么同意的", max_length=120, blank=True)
    confirmed_on = models.DateField("本人确认日期", null=True, blank=True)
    batch = models.BigIntegerField("导入批次", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "队员"
        constraints = [
            UniqueConstraint(
                name="directory_one_live_membership_a_team",
                fields=["team", "person"],
                condition=Q(left_on__isnull=True),
            ),
            CheckConstraint(
                name="directory_membership_ends_after_it_begins",
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
            ),
            CheckConstraint(
                name="directory_membership_ends_in_some_way",
                condition=Q(left_on__isnull=True, left_how="")
                | Q(left_on__isnull=False) & ~Q(left_how=""),
            ),
            CheckConstraint(
                name="directory_nobody_is_put_in_a_team_without_consent",
                condition=~Q(source="proxy") | ~Q(consent=""),
            ),
        ]


class Dispute(models.Model):
    """What somebody says is wrong with a registration in their name, and the answer (登记异议)."""

    PRIVACY: ClassVar = {"text": "S3", "answer": "S3"}

    class State(models.TextChoices):
        OPEN = "open", "待答复"
        UPHELD = "upheld", "已更正"
        DECLINED = "declined", "说明了理由"

    person = models.ForeignKey(Person, models.PROTECT, related_name="disputes", verbose_name="人")
    volunteer = models.ForeignKey(
        Volunteer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="disputes",
        verbose_name="志愿者登记",
    )
    membership = models.ForeignKey(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="disputes",
        verbose_name="队员登记",
    )
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="村社")
    text = models.CharField("哪里不对", max_length=300)
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    raised_at = models.DateTimeField("提出时间")
    due_at = models.DateTimeField("答复期限")
    answer = models.CharField("答复", max_length=300, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记异议"
        constraints = [
            CheckConstraint(
                name="directory_an_answered_dispute_has_an_answer",
                condition=Q(state="open") | ~Q(answer=""),
            ),
            CheckConstraint(
                name="directory_a_dispute_is_about_one_registration",
                condition=Q(volunteer__isnull=False, membership__isnull=True)
                | Q(volunteer__isnull=True, membership__isnull=False),
            ),
        ]
        indexes = [Index(name="directory_disputes_open", fields=["state", "due_at"])]


class Candidate(models.Model):
    """Two people who may be one, until somebody has looked (疑似重复); `first` is the older row."""

    PRIVACY: ClassVar = {"note": "S2"}

    class State(models.TextChoices):
        OPEN = "open", "待核"
        MERGED = "merged", "已合并"
        DISTINCT = "distinct", "不是一个人"
        LATER = "later", "先放着"

    first = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="这一位")
    second = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="另一条")
    # Which of the ways of finding it fits, as keys of `duplicates.WAYS`, joined by commas.
    reasons = models.CharField("哪里对得上", max_length=120)
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField("发现时间")
    decided_at = models.DateTimeField("核定时间", null=True, blank=True)
    note = models.CharField("怎么核的", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "疑似重复"
        constraints = [
            UniqueConstraint(name="directory_one_candidate_a_pair", fields=["first", "second"]),
            CheckConstraint(
                name="directory_candidate_pairs_are_ordered", condition=Q(first__lt=F("second"))
            ),
        ]
        indexes = [Index(name="directory_candidates_waiting", fields=["state", "id"])]


class Merge(models.Model):
    """One merging of two people, with what is needed to undo it (合并)."""

    PRIVACY: ClassVar = {"note": "S2", "undone_note": "S2"}

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="被合并的")
    into = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="合并到")
    merged_at = models.DateTimeField("合并时间")
    note = models.CharField("怎么核的", max_length=200)
    undone_at = models.DateTimeField("拆开时间", null=True, blank=True)
    undone_note = models.CharField("为什么拆开", max_length=200, blank=True)
    # What was changed besides the pointer (registrations ended, pointers flattened), to be undone.
    touched = models.JSONField("一并改动", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "合并"
        constraints = [
            UniqueConstraint(
                name="directory_one_merge_a_person_at_a_time",
                fields=["person"],
                condition=Q(undone_at__isnull=True),
            )
        ]
