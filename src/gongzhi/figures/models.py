"""Cells of the books that are too heavy to count live, and marks of what must be counted anew."""

from django.db import models
from django.db.models import Index, UniqueConstraint

from gongzhi.places.models import Place


class Book(models.Model):
    """One kind of record that cells are kept of; its row is the lock of whoever recounts (账簿)."""

    # Made from the key (`services.row_of`), so that a deed can mark without looking anything up.
    id = models.BigIntegerField("编号", primary_key=True)
    key = models.CharField("名称", max_length=60, unique=True)
    definition = models.CharField("口径的摘要", max_length=64)
    # Changes of the network up to this number are in the cells.
    tree_version = models.BigIntegerField("树的版本", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "账簿"


class Cell(models.Model):
    """
    What a place and all beneath it, as the tree was then, add up to in one month (单元).

    Kept for villages and above. `own_*` is the part of the place itself with its courtyards, NULL where
    nothing keeps cells beneath: own is then all.
    """

    book = models.ForeignKey(Book, models.PROTECT, db_index=False, verbose_name="账簿")
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, verbose_name="地点"
    )
    month = models.IntegerField("月")
    facet = models.CharField("分项", max_length=80)  # "" is all; "role=volunteer" a part
    records = models.BigIntegerField("条数")
    total = models.BigIntegerField("合计")
    people = models.BigIntegerField("人数")
    subjects = models.BinaryField("人的位图")
    own_records = models.BigIntegerField("本级条数", null=True)
    own_total = models.BigIntegerField("本级合计", null=True)
    own_subjects = models.BinaryField("本级人的位图", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "单元"
        constraints = [
            UniqueConstraint(name="figures_one_cell", fields=["book", "month", "place", "facet"])
        ]
        # A recount asks for a month, a reading for one facet of a place over many months.
        indexes = [Index(name="figures_cells_to_read", fields=["book", "place", "facet", "month"])]


class Mark(models.Model):
    """A note that records changed (待重算); insert-only, so that deeds never wait for each other."""

    ALL = 0
    AT_HOLDER = -1  # month of a mark that names a holder

    book_id = models.BigIntegerField("账簿")
    # The event, class, … whose place and day hold: looked up when recounting, since a deed may move it meanwhile.
    holder_id = models.BigIntegerField("所在的记录", default=0)
    place_id = models.BigIntegerField("地点", default=ALL)
    month = models.IntegerField("月", default=ALL)

    class Meta:
        verbose_name = verbose_name_plural = "待重算"
        indexes = [Index(name="figures_marks_by_month", fields=["book_id", "month"])]
