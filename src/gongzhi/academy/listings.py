"""What the figures of the academy open: completions and trainers."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from gongzhi.shared.codes import mask_name
from gongzhi.shared.listings import Listing, Shown, moment_day

from . import rules
from .models import Completion, Trainer


def _by_class(queryset: QuerySet, words: str) -> QuerySet:
    return queryset.filter(class_run__series__title__icontains=words)


def _by_subject(queryset: QuerySet, words: str) -> QuerySet:
    return queryset.filter(subject__icontains=words)


LISTINGS = (
    Listing(
        key="academy.completions",
        label="结业",
        unit="人次",
        records=lambda: Completion.objects.all(),
        permission=rules.SEE_COMPLETIONS,
        place="class_run__series__place",
        columns=(
            Shown(key="name", label="姓名", fields=("name",), text=mask_name),
            Shown(key="class", label="哪个班", fields=("class_run__series__title",)),
            Shown(key="plan", label="计划", fields=("class_run__course__plan__name",)),
            Shown(key="day", label="结业日期", fields=("completed_on",), text=moment_day),
            Shown(key="number", label="证书编号", fields=("number",)),
        ),
        find=_by_class,
        opens=lambda pk: reverse("academy:certificate", args=[pk]),
    ),
    Listing(
        key="academy.trainers",
        label="讲师",
        unit="人",
        records=lambda: Trainer.objects.all(),
        permission=rules.SEE_TRAINERS,
        place="person__place",
        columns=(
            Shown(key="name", label="姓名", fields=("person__name",), text=mask_name),
            Shown(key="subject", label="能讲什么", fields=("subject",)),
            Shown(key="place", label="村社", fields=("person__place__name",)),
            Shown(key="since", label="认定日期", fields=("qualified_on",), text=moment_day),
            Shown(key="until", label="有效到", fields=("qualified_until",), text=moment_day),
        ),
        find=_by_subject,
        opens=lambda pk: reverse("academy:trainer", args=[pk]),
    ),
)
