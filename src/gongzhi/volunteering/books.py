"""The book that the figures of volunteer service are counted from."""

from __future__ import annotations

from django.db.models.functions import Coalesce

from gongzhi.shared.measures import Book

from .models import Service

SERVICES = Book(
    key="volunteering.services",
    records=lambda: Service.objects.counted(),
    place="place",
    day="day",
    subject=Coalesce("person__merged_into_id", "person_id"),
    amount="minutes",
    facets=("source",),
    cells=True,
)
