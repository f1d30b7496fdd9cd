"""A room that exists only in tests: something happens at a place on a day, people come, stewards serve."""

from django.db import models

from gongzhi.places.models import Place


class Someone(models.Model):
    name = models.CharField("姓名", max_length=40, default="张桂兰")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "人"


class Gathering(models.Model):
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    day = models.DateField("日期")
    brand = models.CharField("品牌", max_length=20, default="节气")
    title = models.CharField("标题", max_length=40, default="立冬活动")

    class Meta:
        verbose_name = verbose_name_plural = "活动"
        indexes = [models.Index(name="bookroom_by_place_and_day", fields=["place", "day"])]


class Presence(models.Model):
    gathering = models.ForeignKey(Gathering, models.PROTECT)
    person = models.ForeignKey(Someone, models.PROTECT)
    role = models.CharField("身份", max_length=10, default="resident")
    minutes = models.IntegerField("分钟", default=60)
    is_void = models.BooleanField("作废", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "到场"
        constraints = [
            models.UniqueConstraint(
                name="bookroom_once_a_role", fields=["gathering", "person", "role"]
            )
        ]


class Office(models.Model):
    """Something that holds from a day until another."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    person = models.ForeignKey(Someone, models.PROTECT)
    since = models.DateField("起")
    until = models.DateField("止", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "任职"
