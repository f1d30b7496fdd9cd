"""Support centers: who runs them, when they are open, their rules, rooms and bookings."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from gongzhi.accounts.models import User
from gongzhi.directory.models import Organization
from gongzhi.places.models import Place
from gongzhi.shared.sealed import SealedField

from .timetable import DAY, HALVES, moment, span


class Service(models.TextChoices):
    """The five services of the support system (五项服务)."""

    INCUBATION = "incubation", "组织孵化"
    CAPACITY = "capacity", "能力提升"
    TECHNICAL = "technical", "技术支持"
    RESOURCES = "resources", "资源整合"
    PARTICIPATION = "participation", "居民参与"


class CenterQuerySet(models.QuerySet["Center"]):
    def lock(self, pk: int) -> Center:
        """
        Fetch one center and hold it until the transaction ends: its hours, rooms and bookings change one by one.

        PostgreSQL locks the row. SQLite ignores FOR UPDATE, but our transactions there are IMMEDIATE.
        """
        return self.select_for_update(of=("self",)).select_related("place").get(pk=pk)

    def open_on(self, day: date) -> CenterQuerySet:
        """Keep the centers that are open on *day*."""
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day), opened_on__lte=day)


class Center(models.Model):
    """A support center of the county, a town, a park or a community (支持中心)."""

    class Level(models.TextChoices):
        COUNTY = "county", "县级支持中心"
        SUB = "sub", "镇街支持分中心"
        PARK = "park", "园区党群服务中心"
        COMMUNITY = "community", "村社服务中心"

    # The place a center serves says its level: the county, a town (or a park), a park, a village.
    FITS: ClassVar = {
        Level.COUNTY: (Place.Level.COUNTY,),
        Level.SUB: (Place.Level.TOWN, Place.Level.PARK),
        Level.PARK: (Place.Level.PARK,),
        Level.COMMUNITY: (Place.Level.VILLAGE,),
    }

    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=12, choices=Level)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="服务的地方")
    address = models.CharField("地址", max_length=120)
    phone = models.CharField("公开电话", max_length=30)
    intro = models.CharField("简介", max_length=500, blank=True)
    rests_on_holidays = models.BooleanField("法定节假日休息", default=True)
    opened_on = models.DateField("启用日期")
    closed_on = models.DateField("关闭日期", null=True, blank=True)
    closed_reason = models.CharField("关闭原因", max_length=200, blank=True)
    tokens = models.TextField("检索词", blank=True, editable=False)

    objects = CenterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支持中心"
        constraints = [
            UniqueConstraint(
                name="centers_one_open_center_a_name",
                fields=["name"],
                condition=Q(closed_on__isnull=True),
            ),
            UniqueConstraint(
                name="centers_one_county_center",
                fields=["level"],
                condition=Q(level="county", closed_on__isnull=True),
            ),
            CheckConstraint(
                name="centers_center_closes_after_it_opens",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Offer(models.Model):
    """One of the five services that a center gives (提供的服务)."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="offers", verbose_name="中心")
    service = models.CharField("服务", max_length=14, choices=Service)

    class Meta:
        verbose_name = verbose_name_plural = "提供的服务"
        constraints = [
            UniqueConstraint(name="centers_one_offer_a_service", fields=["center", "service"])
        ]


class Operator(models.Model):
    """A hub organization appointed to run a center, from one day until another (运营方)."""

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="operators", verbose_name="中心"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="枢纽型社会组织"
    )
    since = models.DateField("起")
    until = models.DateField("止（不含）", null=True, blank=True)
    document = models.CharField("依据", max_length=120)
    ended_reason = models.CharField("结束原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "运营方"
        constraints = [
            # Dated overlaps are judged with the center locked; these two are the backstop on both databases.
            UniqueConstraint(
                name="centers_one_operator_at_a_time",
                fields=["center"],
                condition=Q(until__isnull=True),
            ),
            UniqueConstraint(name="centers_one_operator_from_a_day", fields=["center", "since"]),
            CheckConstraint(
                name="centers_operator_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
        ]

    @property
    def last_day(self) -> date | None:
        """The last day it holds, as people name an end."""
        return self.until - DAY if self.until else None


class OpeningHours(models.Model):
    """One opening stretch of the usual week that holds from a day on (开放时间), in half-hours of the day."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="hours", verbose_name="中心")
    since = models.DateField("从哪天起")
    weekday = models.SmallIntegerField("星期（0为星期一）")
    opens = models.SmallIntegerField("开门（半小时数）")
    closes = models.SmallIntegerField("关门（半小时数）")

    class Meta:
        verbose_name = verbose_name_plural = "开放时间"
        constraints = [
            UniqueConstraint(
                name="centers_one_opening_an_hour",
                fields=["center", "since", "weekday", "opens"],
            ),
            CheckConstraint(
                name="centers_hours_lie_within_a_day",
                condition=Q(
                    weekday__gte=0,
                    weekday__lte=6,
                    opens__gte=0,
                    closes__gt=F("opens"),
                    closes__lte=HALVES,
                ),
            ),
        ]


class SpecialDay(models.Model):
    """A day that is closed or keeps other hours than usual (特别的一天); no hours means closed."""

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="special_days", verbose_name="中心"
    )
    day = models.DateField("日期")
    opens = models.SmallIntegerField("开门（半小时数）", null=True, blank=True)
    closes = models.SmallIntegerField("关门（半小时数）", null=True, blank=True)
    note = models.CharField("为什么", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "特别的一天"
        constraints = [
            UniqueConstraint(name="centers_one_special_day_a_day", fields=["center", "day"]),
            CheckConstraint(
                name="centers_special_day_is_closed_or_has_hours",
                condition=Q(opens__isnull=True, closes__isnull=True)
                | Q(opens__gte=0, closes__gt=F("opens"), closes__lte=HALVES),
            ),
        ]


class HouseRule(models.Model):
    """One version of a center's rules (管理办法), in force from one day until the next version."""

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="house_rules", verbose_name="中心"
    )
    title = models.CharField("标题", max_length=60)
    text = models.TextField("全文", max_length=10_000)
    document = models.CharField("文号", max_length=60, blank=True)
    since = models.DateField("施行日期")
    until = models.DateField("止（不含）", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "管理办法"
        constraints = [
            UniqueConstraint(
                name="centers_one_version_of_a_rule_from_a_day",
                fields=["center", "title", "since"],
            ),
            UniqueConstraint(
                name="centers_one_last_version_of_a_rule",
                fields=["center", "title"],
                condition=Q(until__isnull=True),
            ),
            CheckConstraint(
                name="centers_rule_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
        ]

    @property
    def last_day(self) -> date | None:
        """The last day it holds, as people name an end."""
        return self.until - DAY if self.until else None


class Venue(models.Model):
    """A room or yard of a center that can be booked, free of charge (场地)."""

    center = models.ForeignKey(Center, models.PROTECT, related_name="venues", verbose_name="中心")
    name = models.CharField("名称", max_length=40)
    capacity = models.SmallIntegerField("坐得下（人）")
    equipment = models.CharField("有什么", max_length=200, blank=True)
    needs_approval = models.BooleanField("要中心同意", default=False)
    takes_bookings = models.BooleanField("接受预约", default=True)
    opened_on = models.DateField("启用日期")
    closed_on = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "场地"
        constraints = [
            UniqueConstraint(name="centers_one_venue_a_name", fields=["center", "name"]),
            CheckConstraint(
                name="centers_venue_seats_somebody",
                condition=Q(capacity__gte=1),
            ),
            CheckConstraint(
                name="centers_venue_closes_after_it_opens",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Booking(models.Model):
    """A venue taken for some half-hours of one day, [begins, ends) (场地预约)."""

    PRIVACY: ClassVar = {"phone": "S2", "name": "S2"}

    class State(models.TextChoices):
        REQUESTED = "requested", "等中心同意"
        CONFIRMED = "confirmed", "约好了"
        DECLINED = "declined", "没约成"
        CANCELLED = "cancelled", "取消了"

    venue = models.ForeignKey(Venue, models.PROTECT, related_name="bookings", verbose_name="场地")
    day = models.DateField("日期")
    begins = models.SmallIntegerField("开始（半小时数）")
    ends = models.SmallIntegerField("结束（半小时数）")
    purpose = models.CharField("用来做什么", max_length=80)
    headcount = models.SmallIntegerField("来多少人")
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="哪家组织",
    )
    name = models.CharField("谁来用", max_length=40)
    phone = SealedField("联系电话")
    state = models.CharField("状态", max_length=10, choices=State)
    booked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁约的"
    )
    booked_at = models.DateTimeField("什么时候约的")
    decided_at = models.DateTimeField("什么时候定的", null=True, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "场地预约"
        constraints = [
            CheckConstraint(
                name="centers_booking_lies_within_a_day",
                condition=Q(begins__gte=0, ends__gt=F("begins"), ends__lte=HALVES),
            ),
            CheckConstraint(name="centers_booking_brings_somebody", condition=Q(headcount__gte=1)),
            CheckConstraint(
                name="centers_a_declined_booking_has_a_reason",
                condition=~Q(state="declined") | ~Q(reason=""),
            ),
        ]
        indexes = [
            Index(name="centers_bookings_by_day", fields=["venue", "day"]),
            Index(name="centers_bookings_of_a_user", fields=["booked_by", "day"]),
        ]

    @property
    def starts_at(self) -> datetime:
        return moment(self.day, self.begins)

    @property
    def ends_at(self) -> datetime:
        return moment(self.day, self.ends)

    @property
    def time(self) -> str:
        """The hours in words: `9:00–11:30`."""
        return span((self.begins, self.ends))


class BookingSlot(models.Model):
    """
    One half-hour of a venue that is taken (占用): UNIQUE, so that neither database can book it twice.

    Slots of a declined or cancelled booking are given back; the booking itself stays on record.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="slots", verbose_name="预约")
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="slots", verbose_name="场地")
    day = models.DateField("日期")
    half = models.SmallIntegerField("第几个半小时")

    class Meta:
        verbose_name = verbose_name_plural = "占用"
        constraints = [
            UniqueConstraint(
                name="centers_one_booking_a_half_hour", fields=["venue", "day", "half"]
            ),
            CheckConstraint(
                name="centers_slot_lies_within_a_day", condition=Q(half__gte=0, half__lt=HALVES)
            ),
        ]
