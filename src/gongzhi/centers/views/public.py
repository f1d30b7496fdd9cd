"""What everybody may read: the centers, one center, and what is free of its venues."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from gongzhi.centers import queries
from gongzhi.centers.models import Center
from gongzhi.centers.timetable import DAY, short_day, week_in_words
from gongzhi.shared.calendar import today
from gongzhi.ui.doors import Request, public


@public
@require_GET
def listing(request: Request) -> HttpResponse:
    """Show the open centers and whether their doors are open now (支持中心)."""
    now = timezone.now()
    return render(
        request,
        "centers/list.html",
        {"shown": queries.shown(queries.open_centers(today(now)), now)},
    )


@public
@require_GET
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one center: where, when, who runs it, its rules and what is free of its venues (一个中心)."""
    now = timezone.now()
    day = today(now)
    center = get_object_or_404(Center.objects.select_related("place"), pk=pk)
    [shown] = queries.shown([center], now)
    first, last = day, queries.last_day(day)
    since = min(max(_week_of(request.GET.get("week", ""), first), first), last)
    venues = queries.venues_on(center, day)
    weeks = queries.venue_weeks(venues, shown.timetable, since, 7, now)
    usual = shown.timetable.week(day)
    return render(
        request,
        "centers/detail.html",
        {
            "center": center,
            "shown": shown,
            "weeks": weeks,
            "since": since,
            "until": since + DAY * 6,
            "previous": since - DAY * 7 if since > first else None,
            "next": since + DAY * 7 if since + DAY * 7 <= last else None,
            "usual": week_in_words(usual),
            "special": [
                (short_day(special.day), shown.timetable.on(special.day).label, special.note)
                for special in queries.special_days_from(center, day)[:6]
            ],
            "operators": queries.operators_of(center),
            "house_rules": queries.house_rules_on(center, day),
            "crumbs": [{"label": "支持中心", "url": "/centers/"}, {"label": center.name}],
        },
    )


def _week_of(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise
