"""What residents know by name: brands, what is planned of them, the days of the year, what was seen and said."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from gongzhi.accounts.models import User
from gongzhi.directory.models import Organization
from gongzhi.events.models import Event, Kind, Series
from gongzhi.places.models import Place
from gongzhi.shared.almanac import OCCASIONS


class Brand(models.Model):
    """An activity that residents know by its name (品牌活动); its key is the topic of its events."""

    key = models.SlugField("标识", max_length=40, unique=True)
    name = models.CharField("名称", max_length=40, unique=True)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    summary = models.CharField("一句话介绍", max_length=200)
    audience = models.CharField("适合谁", max_length=60)
    minutes = models.SmallIntegerField("一般多少分钟", default=120)
    min_age = models.SmallIntegerField("最小年龄", null=True, blank=True)
    max_age = models.SmallIntegerField("最大年龄", null=True, blank=True)
    founded_on = models.DateField("哪天起")
    ended_on = models.DateField("哪天停办", null=True, blank=True)
    ended_reason = models.CharField("为什么停办", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "品牌活动"
        constraints = [
            CheckConstraint(
                name="activities_brand_takes_some_time",
                condition=Q(minutes__gte=15, minutes__lte=24 * 60),
            ),
            CheckConstraint(
                name="activities_brand_ages_are_a_range",
                condition=Q(min_age__isnull=True)
                | Q(max_age__isnull=True)
                | Q(max_age__gte=F("min_age")),
            ),
            CheckConstraint(
                name="activities_brand_ends_with_a_reason",
                condition=Q(ended_on__isnull=True, ended_reason="")
                | Q(ended_on__gte=F("founded_on")) & ~Q(ended_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A brand planned over places and days (品牌计划): which places, how often, at what hour."""

    class Rhythm(models.TextChoices):
        WEEKLY = "weekly", "每周"
        FORTNIGHTLY = "fortnightly", "隔一周"
        MONTHLY = "monthly", "每月第几个星期几"

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="plans", verbose_name="品牌")
    series = models.OneToOneField(
        Series, models.PROTECT, related_name="plan", verbose_name="场次系列"
    )
    rhythm = models.CharField("多久一次", max_length=12, choices=Rhythm)
    weekday = models.SmallIntegerField("星期（0为星期一）")
    # 1 to 4, or -1 for the last one of the month.
    nth = models.SmallIntegerField("当月第几个", default=1)
    skips_holidays = models.BooleanField("法定节假日不办", default=False)
    begins_at = models.TimeField("几点开始")
    minutes = models.SmallIntegerField("多少分钟")
    capacity = models.IntegerField("每场名额", null=True, blank=True)
    first_day = models.DateField("从哪天起")
    last_day = models.DateField("到哪天为止")

    class Meta:
        verbose_name = verbose_name_plural = "品牌计划"
        constraints = [
            CheckConstraint(
                name="activities_plan_ends_after_it_begins",
                condition=Q(last_day__gte=F("first_day")),
            ),
            CheckConstraint(
                name="activities_plan_has_a_weekday",
                condition=Q(weekday__gte=0, weekday__lte=6),
            ),
            CheckConstraint(
                name="activities_plan_names_a_week_of_the_month",
                condition=Q(nth__in=(1, 2, 3, 4, -1)),
            ),
        ]


class Occurrence(models.Model):
    """That a plan was carried out for one place and day (已排的一场): asked twice, it is planned once."""

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="occurrences", db_index=False, verbose_name="计划"
    )
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="地点"
    )
    day = models.DateField("日期")
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", verbose_name="场次")

    class Meta:
        verbose_name = verbose_name_plural = "已排的一场"
        constraints = [
            UniqueConstraint(
                name="activities_planned_once_a_day_and_place", fields=["plan", "place", "day"]
            )
        ]


class Custom(models.Model):
    """A place's wish to mark a day of the year (节令安排): its event is drafted ahead, each year anew."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="地点")
    occasion = models.CharField(
        "哪个日子",
        max_length=20,
        choices=[(one.key, one.label) for one in OCCASIONS.values()],
    )
    title = models.CharField("办什么", max_length=80)
    brand = models.ForeignKey(
        Brand, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="品牌"
    )
    host = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="主办组织",
    )
    address = models.CharField("在哪里", max_length=120)
    begins_at = models.TimeField("几点开始")
    minutes = models.SmallIntegerField("多少分钟")
    capacity = models.IntegerField("名额", null=True, blank=True)
    since = models.DateField("哪天定的")
    ended_on = models.DateField("哪天不再办", null=True, blank=True)
    chosen_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁定的"
    )

    class Meta:
        verbose_name = verbose_name_plural = "节令安排"
        constraints = [
            UniqueConstraint(
                name="activities_one_custom_a_title",
                fields=["place", "occasion", "title"],
                condition=Q(ended_on__isnull=True),
            ),
            CheckConstraint(
                name="activities_custom_takes_some_time",
                condition=Q(minutes__gte=15, minutes__lte=24 * 60),
            ),
            CheckConstraint(
                name="activities_custom_ends_after_it_began",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("since")),
            ),
        ]

    @property
    def occasion_label(self) -> str:
        """What the day is called (日子的名称)."""
        return OCCASIONS[self.occasion].label


class CustomDraft(models.Model):
    """That a custom was drafted for one year (已起草的一年): the clock asks daily, it is drafted once."""

    custom = models.ForeignKey(
        Custom, models.PROTECT, related_name="drafts", db_index=False, verbose_name="节令安排"
    )
    year = models.SmallIntegerField("年")
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", verbose_name="场次")

    class Meta:
        verbose_name = verbose_name_plural = "起草的节令场次"
        constraints = [
            UniqueConstraint(name="activities_drafted_once_a_year", fields=["custom", "year"])
        ]


class Recap(models.Model):
    """How an event was, in words (活动回顾); pictures are never a condition."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="recap", verbose_name="场次")
    words = models.TextField("写几句", max_length=3000)
    written_at = models.DateTimeField("写的时间")
    written_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁写的"
    )

    class Meta:
        verbose_name = verbose_name_plural = "活动回顾"
        constraints = [
            CheckConstraint(name="activities_recap_says_something", condition=~Q(words=""))
        ]


class Photo(models.Model):
    """
    A picture of an event (活动照片): optional, without what the camera noted, minors only with consent.

    The file is named by its content and lies in two sizes; what the camera wrote into it (place, time, device) is
    not kept anywhere.
    """

    PRIVACY: ClassVar = {"consent": "S1", "caption": "S1", "digest": "S1"}

    event = models.ForeignKey(Event, models.PROTECT, related_name="photos", verbose_name="场次")
    digest = models.CharField("内容摘要", max_length=64)
    width = models.IntegerField("宽（像素）")
    height = models.IntegerField("高（像素）")
    caption = models.CharField("说明", max_length=120)
    shows_minors = models.BooleanField("认得出未成年人", default=False)
    consent = models.CharField("监护人怎么同意的", max_length=120, blank=True)
    added_at = models.DateTimeField("上传时间")
    added_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁传的"
    )
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_reason = models.CharField("为什么撤下", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "活动照片"
        constraints = [
            UniqueConstraint(
                name="activities_one_photo_of_a_content",
                fields=["event", "digest"],
                condition=Q(withdrawn_at__isnull=True),
            ),
            CheckConstraint(
                name="activities_minors_are_shown_with_consent",
                condition=Q(shows_minors=False) | ~Q(consent=""),
            ),
            CheckConstraint(name="activities_a_photo_says_what_it_shows", condition=~Q(caption="")),
            CheckConstraint(
                name="activities_what_is_withdrawn_says_why",
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason=""),
            ),
        ]
        indexes = [Index(name="activities_photos_by_content", fields=["digest"])]
