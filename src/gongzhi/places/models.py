"""The five-level network: a dated tree, parks over it, names and codes as they were on a day."""

from datetime import date

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint


class Place(models.Model):
    """A county, town, village, courtyard or park (地点). What changes with time stands in rows of its own, dated."""

    class Level(models.IntegerChoices):
        COUNTY = 1, "县"
        TOWN = 2, "镇街"
        VILLAGE = 3, "村社"
        COURTYARD = 4, "院落"
        PARK = 9, "园区"

    class Kind(models.TextChoices):
        COUNTY = "county", "县（市、区）"
        SUBDISTRICT = "subdistrict", "街道"
        TOWN = "town", "镇"
        TOWNSHIP = "township", "乡"
        COMMUNITY = "community", "社区"
        VILLAGE = "village", "村"
        COURTYARD = "courtyard", "院落"
        ESTATE = "estate", "小区"
        GROUP = "group", "村（居）民小组"
        PARK = "park", "园区"
        OTHER = "other", "其他"

    name = models.CharField("名称", max_length=60)
    level = models.SmallIntegerField("层级", choices=Level)
    kind = models.CharField("类别", max_length=20, choices=Kind)
    code = models.CharField("区划代码", max_length=20, blank=True, db_index=True)
    # "/1/5/30/": own ids from the county down, as the tree is now. Rights and subtrees are asked by it.
    path = models.CharField("路径", max_length=120, db_index=True)
    # Digits only, so that text order is depth-first in the official order on both databases: county "",
    # town and village 3 each, courtyard 4; what was merged stands under its successor behind a 9, parks behind all.
    sort_key = models.CharField("法定次序", max_length=40, unique=True)
    opened_on = models.DateField("设立日期", null=True, blank=True)
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        verbose_name="并入",
    )
    tokens = models.TextField("检索词", blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "地点"

    def __str__(self) -> str:
        return self.name


class Designation(models.Model):
    """
    The official name and code of a place from one day until another (名称和代码沿革); the last one
    is also on Place.
    """

    EVER = date(1, 1, 1)  # from before anybody asks

    place = models.ForeignKey(
        Place, models.PROTECT, related_name="designations", verbose_name="地点"
    )
    name = models.CharField("名称", max_length=60)
    code = models.CharField("区划代码", max_length=20, blank=True, db_index=True)
    since = models.DateField("起", default=EVER)
    until = models.DateField("止", null=True, blank=True)
    source = models.CharField("依据", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "名称和代码沿革"
        constraints = [
            UniqueConstraint(name="places_one_designation_from_a_day", fields=["place", "since"]),
            CheckConstraint(
                name="places_designation_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
        ]


class Alias(models.Model):
    """Another name that people write for a place: an old town, a short form (别名)."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="aliases", verbose_name="地点")
    name = models.CharField("别名", max_length=60)
    note = models.CharField("说明", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "别名"
        constraints = [UniqueConstraint(name="places_alias_once_a_place", fields=["place", "name"])]


class Parentage(models.Model):
    """Where a place hung in the tree, from one month to another (隶属关系); the legal day is kept beside it."""

    FOREVER = 12 * 9999

    place = models.ForeignKey(Place, models.PROTECT, related_name="parentages", verbose_name="地点")
    parent = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上级"
    )
    since = models.IntegerField("起（月）", default=0)
    until = models.IntegerField("止（月）", default=FOREVER)
    effective_on = models.DateField("法定生效日", null=True, blank=True)
    source = models.CharField("依据", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "隶属关系"
        constraints = [
            UniqueConstraint(name="places_one_parent_from_a_month", fields=["place", "since"]),
            CheckConstraint(
                name="places_parentage_ends_after_it_begins", condition=Q(until__gt=F("since"))
            ),
        ]


class PlaceLink(models.Model):
    """
    A place that a park lies over, wholly or in part (园区覆盖); many to many, dated to a month, never a child.

    Only a place that lies wholly in the park is counted in the park's figures: half a town has no records.
    """

    park = models.ForeignKey(Place, models.PROTECT, related_name="covers", verbose_name="园区")
    place = models.ForeignKey(Place, models.PROTECT, related_name="covered_by", verbose_name="地点")
    is_whole = models.BooleanField("全部在园区内", default=True)
    since = models.DateField("起")
    until = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "园区覆盖"
        constraints = [
            UniqueConstraint(name="places_one_link_from_a_day", fields=["park", "place", "since"]),
            CheckConstraint(
                name="places_link_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
        ]


class TreeVersion(models.Model):
    """
    One row, moved on by every deed that changes the tree, so that each process knows when to read it anew (树的版本).

    The number orders changes; the stamp tells two transactions apart that took the same number because one
    of them was rolled back.
    """

    number = models.BigIntegerField("版本", default=1)
    stamp = models.CharField("戳记", max_length=32)

    class Meta:
        verbose_name = verbose_name_plural = "树的版本"


class TreeChange(models.Model):
    """A place that lost or gained something beneath it, from a month on (隶属变更); insert-only."""

    version = models.BigIntegerField("版本", db_index=True)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="地点")
    since = models.IntegerField("起（月）")

    class Meta:
        verbose_name = verbose_name_plural = "隶属变更"
