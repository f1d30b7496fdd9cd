"""
What happens at a time and place, who wants to come, and who came (场次、报名、到场).

One engine serves training, lectures, activities, volunteer service, party days and meetings. What is scarce, the
seats, is owned by one row: every deed about seats holds the event first. Nothing is deleted: registrations end,
arrivals are taken back with a reason. Cost-free only: there is no price anywhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import CheckConstraint, Exists, F, Index, OuterRef, Q, UniqueConstraint

from gongzhi.accounts.models import User
from gongzhi.centers.models import Venue
from gongzhi.directory.models import Organization, Person
from gongzhi.places.models import Place
from gongzhi.shared.sealed import SealedField


class Kind(models.TextChoices):
    """What sort of thing happens (场次类别)."""

    ACTIVITY = "activity", "居民活动"
    SERVICE = "service", "志愿服务"
    TRAINING = "training", "培训"
    LECTURE = "lecture", "讲座"
    PARTY_DAY = "party_day", "主题党日"
    MEETING = "meeting", "议事会议"


class Series(models.Model):
    """Events that belong together (系列): a brand over a year, a class with its sessions."""

    kind = models.CharField("类别", max_length=12, choices=Kind)
    title = models.CharField("名称", max_length=80)
    # What a room above counts its events by: the key of a brand, a plan, a school.
    topic = models.CharField("归类", max_length=40, blank=True)
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="地点"
    )
    host = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="主办组织",
    )
    planned_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁排的"
    )
    planned_at = models.DateTimeField("什么时候排的")

    class Meta:
        verbose_name = verbose_name_plural = "系列"
        indexes = [Index(name="events_series_by_place", fields=["place", "id"])]

    def __str__(self) -> str:
        return self.title


class EventQuerySet(models.QuerySet["Event"]):
    def lock(self, pk: int) -> Event:
        """
        Fetch one event and hold it until the transaction ends: its seats are given one by one.

        PostgreSQL locks the row. SQLite ignores FOR UPDATE, but our transactions there are IMMEDIATE.
        Whoever holds a person too holds the person first.
        """
        return self.select_for_update(no_key=True, of=("self",)).select_related("place").get(pk=pk)

    def live(self) -> EventQuerySet:
        """Keep what is going to happen or happened: neither a draft nor cancelled (没有取消的)."""
        return self.filter(status__in=(Event.Status.PUBLISHED, Event.Status.CLOSED))

    def held(self) -> EventQuerySet:
        """Keep the events that somebody came to (办成的场次): what 场次 counts."""
        return self.live().filter(is_held=True)


class Event(models.Model):
    """Something that happens at a time and place (场次)."""

    PRIVACY: ClassVar = {"draw_seed": "S2"}

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"
        CLOSED = "closed", "办完了"
        CANCELLED = "cancelled", "取消了"

    class Rule(models.TextChoices):
        FIRST_COME = "first_come", "先报先得"
        LOTTERY = "lottery", "抽签"

    kind = models.CharField("类别", max_length=12, choices=Kind)
    topic = models.CharField("归类", max_length=40, blank=True)
    title = models.CharField("名称", max_length=80)
    summary = models.TextField("说明", max_length=2000, blank=True)
    programme = models.TextField("当天安排", max_length=2000, blank=True)
    series = models.ForeignKey(
        Series,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        db_index=False,
        verbose_name="系列",
    )
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="在哪个村社"
    )
    venue = models.ForeignKey(
        Venue, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="场地"
    )
    address = models.CharField("地点", max_length=120)
    host = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="主办组织",
    )
    phone = models.CharField("公开电话", max_length=30, blank=True)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    # The local day of its start: what figures and lists ask for.
    day = models.DateField("日期")
    was_at = models.DateTimeField("原来定的开始", null=True, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT)
    is_public = models.BooleanField("公开", default=True)
    is_step_free = models.BooleanField("轮椅能到", default=False)
    takes_calls = models.BooleanField("可以电话参加", default=False)

    takes_registrations = models.BooleanField("要报名", default=True)
    capacity = models.IntegerField("名额", null=True, blank=True)
    # Seats that are given or offered to somebody; only deeds that hold the event change it.
    seats_taken = models.IntegerField("占了的名额", default=0, editable=False)
    last_number = models.IntegerField("发到第几号", default=0, editable=False)
    has_quotas = models.BooleanField("分了名额", default=False, editable=False)
    has_questions = models.BooleanField("有要问的", default=False, editable=False)
    registration_opens_at = models.DateTimeField("报名开始", null=True, blank=True)
    registration_closes_at = models.DateTimeField("报名截止", null=True, blank=True)
    rule = models.CharField("怎么分名额", max_length=12, choices=Rule, default=Rule.FIRST_COME)
    draw_at = models.DateTimeField("抽签时间", null=True, blank=True)
    drawn_at = models.DateTimeField("抽过的时间", null=True, blank=True, editable=False)
    # Committed to before anybody enters, published with the draw.
    draw_seed: Any = SealedField("抽签的种子", editable=False)
    draw_promise = models.CharField("种子的摘要", max_length=64, blank=True, editable=False)
    min_age = models.SmallIntegerField("最小年龄", null=True, blank=True)
    max_age = models.SmallIntegerField("最大年龄", null=True, blank=True)
    guardian_under = models.SmallIntegerField("不满几岁要监护人同意", null=True, blank=True)
    has_waiting_list = models.BooleanField("满了可以排队", default=True)
    offer_minutes = models.IntegerField("让出的座位留多少分钟")
    takes_walk_ins = models.BooleanField("没报名也能来", default=True)

    is_held = models.BooleanField("有人到场", default=False, editable=False)
    reminded_at = models.DateTimeField("提醒过的时间", null=True, blank=True, editable=False)
    revision = models.IntegerField("第几次改", default=0, editable=False)
    why = models.CharField("改期、取消的原因", max_length=200, blank=True)
    note = models.CharField("办完后的一句话", max_length=500, blank=True)
    created_at = models.DateTimeField("建立时间")
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁建的"
    )
    closed_at = models.DateTimeField("收尾时间", null=True, blank=True)
    tokens = models.TextField("检索词", blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "场次"
        constraints = [
            CheckConstraint(
                name="events_seats_are_not_oversold",
                condition=Q(seats_taken__gte=0)
                & (Q(capacity__isnull=True) | Q(seats_taken__lte=F("capacity"))),
            ),
            CheckConstraint(
                name="events_capacity_seats_somebody",
                condition=Q(capacity__isnull=True) | Q(capacity__gte=1),
            ),
            CheckConstraint(
                name="events_event_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            CheckConstraint(
                name="events_registration_closes_after_it_opens",
                condition=Q(registration_opens_at__isnull=True)
                | Q(registration_closes_at__isnull=True)
                | Q(registration_closes_at__gt=F("registration_opens_at")),
            ),
            CheckConstraint(
                name="events_lots_are_drawn_over_seats_on_a_day",
                condition=~Q(rule="lottery") | Q(capacity__isnull=False, draw_at__isnull=False),
            ),
            CheckConstraint(
                name="events_ages_are_a_range",
                condition=Q(min_age__isnull=True)
                | Q(max_age__isnull=True)
                | Q(max_age__gte=F("min_age")),
            ),
            CheckConstraint(
                name="events_a_cancelled_event_says_why",
                condition=~Q(status="cancelled") | ~Q(why=""),
            ),
            CheckConstraint(
                name="events_an_offer_lasts_a_while", condition=Q(offer_minutes__gte=1)
            ),
        ]
        indexes = [
            Index(name="events_by_day", fields=["day", "id"]),
            Index(name="events_by_place", fields=["place", "day"]),
            Index(name="events_of_a_series", fields=["series", "day", "id"]),
            Index(name="events_by_status", fields=["status", "starts_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def free_seats(self) -> int | None:
        """How many seats nobody has; None when there is no limit."""
        return None if self.capacity is None else self.capacity - self.seats_taken

    @property
    def draws_lots(self) -> bool:
        """Whether seats are drawn, and have not been yet."""
        return self.rule == self.Rule.LOTTERY and self.drawn_at is None

    def takes_registrations_at(self, now: datetime) -> bool:
        """Tell whether somebody may register at *now*: published, open, not begun."""
        return (
            self.status == self.Status.PUBLISHED
            and self.takes_registrations
            and (self.registration_opens_at is None or self.registration_opens_at <= now)
            and now < (self.registration_closes_at or self.starts_at)
            and now < self.starts_at
        )


class Quota(models.Model):
    """
    Seats kept for the people of a place or an organization (分配的名额), until a day.

    What is still free on that day returns to the pool; whoever has a seat keeps it.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="quotas", verbose_name="场次")
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="给哪个地方"
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="给哪家组织",
    )
    seats = models.IntegerField("名额")
    taken = models.IntegerField("占了的", default=0, editable=False)
    releases_on = models.DateField("哪天收回没用完的")
    released_at = models.DateTimeField("收回的时间", null=True, blank=True)
    returned = models.IntegerField("收回了几个", default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "分配的名额"
        constraints = [
            CheckConstraint(
                name="events_quota_is_not_overdrawn",
                condition=Q(seats__gte=1, taken__gte=0, taken__lte=F("seats")),
            ),
            CheckConstraint(
                name="events_quota_is_for_a_place_or_an_organization",
                condition=Q(place__isnull=False, organization__isnull=True)
                | Q(place__isnull=True, organization__isnull=False),
            ),
        ]
        indexes = [
            Index(
                name="events_quotas_to_release",
                fields=["releases_on"],
                condition=Q(released_at__isnull=True),
            )
        ]

    @property
    def label(self) -> str:
        """Whom the seats are kept for, in words; needs `place` and `organization` loaded."""
        return str(self.place or self.organization)


class Question(models.Model):
    """Something asked of whoever registers (报名时问的)."""

    class Form(models.TextChoices):
        WORDS = "words", "填几个字"
        ONE = "one", "选一个"
        MANY = "many", "选几个"

    event = models.ForeignKey(Event, models.PROTECT, related_name="questions", verbose_name="场次")
    number = models.SmallIntegerField("第几题")
    text = models.CharField("问什么", max_length=60)
    form = models.CharField("怎么答", max_length=8, choices=Form)
    choices = models.JSONField("选项", default=list, blank=True)
    is_required = models.BooleanField("必答", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "报名时问的"
        constraints = [
            UniqueConstraint(name="events_one_question_a_number", fields=["event", "number"])
        ]


class Registration(models.Model):
    """
    One person's wish to come to one event, and what became of it (报名).

    There is one row for a person and an event: who cancels and comes back gets a new number at the end.
    """

    PRIVACY: ClassVar = {
        "guardian": "S2",
        "guardian_phone": "S2",
        "consent": "S1",
        "token": "S2",
        "code": "S2",
    }

    class Status(models.TextChoices):
        SEATED = "seated", "报上了"
        OFFERED = "offered", "轮到了，等答复"
        WAITING = "waiting", "在排队"
        ENTERED = "entered", "等抽签"
        CANCELLED = "cancelled", "取消了"
        EXPIRED = "expired", "没来得及答复"
        DECLINED = "declined", "让给下一位"

    class Channel(models.TextChoices):
        SELF = "self", "本人"
        FAMILY = "family", "家人代报"
        CLERK = "clerk", "工作人员代报"
        COUNTER = "counter", "窗口"
        PAPER = "paper", "纸面"
        WALK_IN = "walk_in", "当场来的"

    HOLDS_SEAT: ClassVar = (Status.SEATED, Status.OFFERED)
    LIVE: ClassVar = (Status.SEATED, Status.OFFERED, Status.WAITING, Status.ENTERED)

    event = models.ForeignKey(
        Event, models.PROTECT, related_name="registrations", verbose_name="场次", db_index=False
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="人")
    status = models.CharField("状态", max_length=10, choices=Status)
    number = models.IntegerField("报名序号")
    # Who waits is served by (turn, number). It is the number, unless somebody was put ahead or lots were drawn.
    turn = models.IntegerField("排队次序")
    turn_reason = models.CharField("为什么排在这里", max_length=120, blank=True)
    registered_at = models.DateTimeField("报名时间")
    changed_at = models.DateTimeField("变动时间")
    offered_at = models.DateTimeField("什么时候轮到的", null=True, blank=True)
    offer_until = models.DateTimeField("座位留到", null=True, blank=True)
    # The event moved: the seat stays, and the person is asked anew.
    is_asked_again = models.BooleanField("改期后等本人答复", default=False)
    channel = models.CharField("怎么报的", max_length=8, choices=Channel)
    registered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁报的"
    )
    consent = models.CharField("本人怎么同意的", max_length=120, blank=True)
    guardian = models.CharField("监护人", max_length=40, blank=True)
    guardian_phone = SealedField("监护人电话")
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="代表哪家组织",
    )
    quota = models.ForeignKey(
        Quota, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="用的哪份名额"
    )
    # Both unguessable, both for this event alone: one in the QR code, one to be said aloud.
    token = models.CharField("到场登记码", max_length=24, unique=True)
    code = models.CharField("六位号", max_length=6)

    class Meta:
        verbose_name = verbose_name_plural = "报名"
        constraints = [
            UniqueConstraint(name="events_one_registration_a_person", fields=["event", "person"]),
            UniqueConstraint(name="events_one_spoken_code_an_event", fields=["event", "code"]),
            UniqueConstraint(name="events_one_number_an_event", fields=["event", "number"]),
            CheckConstraint(
                name="events_an_offer_has_an_end",
                condition=Q(status="offered", offer_until__isnull=False)
                | ~Q(status="offered") & Q(offer_until__isnull=True),
            ),
            CheckConstraint(
                name="events_nobody_is_registered_without_consent",
                condition=~Q(channel__in=("family", "clerk", "counter", "paper")) | ~Q(consent=""),
            ),
        ]
        indexes = [
            Index(name="events_line_of_an_event", fields=["event", "status", "turn", "number"]),
            Index(
                name="events_offers_that_end",
                fields=["offer_until"],
                condition=Q(offer_until__isnull=False),
            ),
            Index(name="events_registered_by", fields=["registered_by", "event"]),
        ]

    @property
    def spoken_code(self) -> str:
        """The code as people say it: `7K2 M48`."""
        return f"{self.code[:3]} {self.code[3:]}"


class Answer(models.Model):
    """What somebody answered when registering (报名时答的); forgotten some days after the event."""

    PRIVACY: ClassVar = {"value": "S2"}

    registration = models.ForeignKey(
        Registration, models.PROTECT, related_name="answers", verbose_name="报名"
    )
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="answers", verbose_name="问题"
    )
    value = models.CharField("答", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "报名时答的"
        constraints = [
            UniqueConstraint(
                name="events_one_answer_a_question", fields=["registration", "question"]
            )
        ]


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    def standing(self) -> AttendanceQuerySet:
        """Keep what was not taken back (没有撤掉的)."""
        return self.filter(voided_at__isnull=True)

    def counted(self) -> AttendanceQuerySet:
        """
        Keep the facts that count as one 人次: one for a person and an event, also when two records were merged.

        Of two merged people who were both at one event, the record that stands for both counts; where only
        merged records were there, the oldest. Only rows of merged people are looked at twice.
        """
        head = OuterRef("person__merged_into_id")
        same_event = Attendance.objects.filter(
            event_id=OuterRef("event_id"), voided_at__isnull=True
        )
        twice = same_event.filter(
            Q(person_id=head) | Q(person__merged_into_id=head, pk__lt=OuterRef("pk"))
        )
        return self.standing().filter(Q(person__merged_into__isnull=True) | ~Exists(twice))


class Attendance(models.Model):
    """
    Somebody was there: the fact that counts as one 人次 (到场).

    Keyed by event and person, so that two devices that scanned the same people agree after syncing.
    """

    class Channel(models.TextChoices):
        VENUE_QR = "venue_qr", "扫现场码"
        OWN_QR = "own_qr", "出示二维码"
        CODE = "code", "报号"
        NAME = "name", "报姓名"
        PAPER = "paper", "纸面签到"
        IMPORTED = "imported", "导入"
        OFFLINE = "offline", "没网时登的"

    event = models.ForeignKey(
        Event, models.PROTECT, related_name="attendances", verbose_name="场次", db_index=False
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="人")
    arrived_at = models.DateTimeField("到场")
    left_at = models.DateTimeField("离场", null=True, blank=True)
    # From arrival (not before the start) to leaving (not after the end); whoever did not say stayed to the end.
    minutes = models.IntegerField("分钟")
    as_participant = models.BooleanField("来参加的", default=True)
    as_volunteer = models.BooleanField("来服务的", default=False)
    as_trainer = models.BooleanField("来讲课的", default=False)
    channel = models.CharField("怎么登的", max_length=10, choices=Channel)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁登的"
    )
    recorded_at = models.DateTimeField("登记时间")
    voided_at = models.DateTimeField("撤掉的时间", null=True, blank=True)
    void_reason = models.CharField("为什么撤掉", max_length=120, blank=True)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "到场"
        constraints = [
            UniqueConstraint(name="events_one_attendance_a_person", fields=["event", "person"]),
            CheckConstraint(
                name="events_attendance_has_a_role",
                condition=Q(as_participant=True) | Q(as_volunteer=True) | Q(as_trainer=True),
            ),
            CheckConstraint(
                name="events_attendance_ends_after_it_begins",
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("arrived_at")),
            ),
            CheckConstraint(name="events_minutes_are_not_negative", condition=Q(minutes__gte=0)),
            CheckConstraint(
                name="events_what_is_voided_says_why",
                condition=Q(voided_at__isnull=True, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
            ),
        ]
        indexes = [Index(name="events_attendances_of_person", fields=["person", "event"])]


class Headcount(models.Model):
    """People who were there without giving a name (没留名的人数): a number, kept apart from 人次."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="headcounts", verbose_name="场次")
    people = models.IntegerField("人数")
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁记的"
    )
    recorded_at = models.DateTimeField("记的时间")
    voided_at = models.DateTimeField("撤掉的时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "没留名的人数"
        constraints = [
            CheckConstraint(name="events_headcount_counts_somebody", condition=Q(people__gte=1))
        ]


class ScanFault(models.Model):
    """A code that was not taken (没收的码): kept so that the door can see what happened; never the code itself."""

    class Fault(models.TextChoices):
        REUSED = "reused", "用过了"
        EARLY = "early", "来早了"
        LATE = "late", "散场了"
        FOREIGN = "foreign", "别场的码"
        UNKNOWN = "unknown", "没有这个码"
        STALE = "stale", "现场码过了时间"
        CANCELLED = "cancelled", "报名已经取消"

    event = models.ForeignKey(Event, models.PROTECT, related_name="faults", verbose_name="场次")
    fault = models.CharField("怎么回事", max_length=10, choices=Fault)
    channel = models.CharField("怎么登的", max_length=10, choices=Attendance.Channel)
    registration = models.ForeignKey(
        Registration, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报名"
    )
    scanned_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁扫的"
    )
    scanned_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "没收的码"
        indexes = [Index(name="events_faults_of_an_event", fields=["event", "-scanned_at"])]


class Feedback(models.Model):
    """What somebody who was there thought of it (评价): one for an attendance, nameless to the public."""

    PRIVACY: ClassVar = {"words": "S2"}

    attendance = models.OneToOneField(
        Attendance, models.PROTECT, related_name="feedback", verbose_name="到场"
    )
    rating = models.SmallIntegerField("几分", choices=[(n, f"{n}分") for n in range(1, 6)])
    words = models.CharField("说一句", max_length=500, blank=True)
    given_at = models.DateTimeField("评价时间")

    class Meta:
        verbose_name = verbose_name_plural = "评价"
        constraints = [
            CheckConstraint(
                name="events_rating_is_1_to_5", condition=Q(rating__gte=1, rating__lte=5)
            )
        ]


class Calendar(models.Model):
    """A private address under which a person's calendar reads what they registered for (日历地址)."""

    PRIVACY: ClassVar = {"token": "S2"}

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="人")
    token = models.CharField("日历密钥", max_length=43, unique=True)
    made_at = models.DateTimeField("开通时间")
    ended_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "日历地址"
