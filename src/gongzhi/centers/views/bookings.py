"""Booking a venue, one's own bookings, and the answers of the center."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.centers import queries, rules, services
from gongzhi.centers.forms import BookForm, DeclineForm, half_from
from gongzhi.centers.models import Booking, Venue
from gongzhi.centers.timetable import short_day
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_phone
from gongzhi.ui.doors import Request, needs, signed_in

State = Booking.State
SHAPES = {
    State.REQUESTED: "now",
    State.CONFIRMED: "ok",
    State.DECLINED: "bad",
    State.CANCELLED: "wait",
}


@signed_in
@require_http_methods(["GET", "POST"])
def book(request: Request, pk: int) -> HttpResponse:
    """Book a venue (约场地)."""
    now = timezone.now()
    venue = get_object_or_404(Venue.objects.select_related("center__place"), pk=pk)
    timetable = queries.timetable_of(venue.center)
    asked = _asked(request, now)
    form = BookForm(
        request.POST or None,
        initial=asked,
        venue=venue,
        timetable=timetable,
        by=request.user,
        for_others=rules.BOOK_FOR_OTHERS.at(request.user, venue.center.place.path),
    )
    if request.method == "POST" and form.is_valid():
        booking = services.book_venue(by=request.user, venue=venue, now=now, **form.cleaned_data)
        messages.success(
            request, "约好了" if booking.state == State.CONFIRMED else "收到了，等中心同意"
        )
        return redirect("centers:booking", pk=booking.pk)
    [week] = queries.venue_weeks([venue], timetable, asked["day"], 1, now)
    return render(
        request,
        "centers/book.html",
        {
            "form": form,
            "venue": venue,
            "center": venue.center,
            "week": week,
            "day": asked["day"],
            "day_words": short_day(asked["day"]),
            "most": queries.most_coming(today(timezone.now())),
            "crumbs": [
                {"label": "支持中心", "url": "/centers/"},
                {"label": venue.center.name, "url": f"/centers/{venue.center_id}/"},
                {"label": f"约{venue.name}"},
            ],
        },
        status=422 if form.errors else 200,
    )


def _asked(request: Request, now: Any) -> dict[str, Any]:
    try:
        day = date.fromisoformat(request.GET.get("day", "") or request.POST.get("day", ""))
    except ValueError:
        day = today(now)
    return {
        "day": max(day, today(now)),
        "begins": half_from(request.GET.get("from", "")),
        "ends": half_from(request.GET.get("to", "")),
    }


@signed_in
@require_GET
def mine(request: Request) -> HttpResponse:
    """Show the bookings of the signed-in person and the organizations they manage (我约的场地)."""
    day = today(timezone.now())
    return render(
        request,
        "centers/bookings.html",
        {
            "coming": rows_of(queries.coming_bookings_by(request.user, day)),
            "past": rows_of(queries.past_bookings_by(request.user, day)),
        },
    )


def rows_of(bookings: Any) -> list[dict[str, Any]]:
    return [
        {"booking": b, "kind": SHAPES[State(b.state)], "day": short_day(b.day)} for b in bookings
    ]


@signed_in
@require_GET
def booking(request: Request, pk: int) -> HttpResponse:
    """Show one booking to whoever made it and to the center (一场预约)."""
    now = timezone.now()
    found = get_object_or_404(queries.bookings_seen_by(request.user), pk=pk)
    return render(request, "centers/booking.html", _of(request, found, now))


def _of(request: Request, found: Booking, now: Any) -> dict[str, Any]:
    is_live = found.state in (State.REQUESTED, State.CONFIRMED)
    is_mine = rules.owns(request.user, found)
    runs = rules.HANDLE.allows(request.user, found)
    own = found.booked_by.phone if found.booked_by else None
    phone = found.phone or own
    return {
        "booking": found,
        "day": short_day(found.day),
        "kind": SHAPES[State(found.state)],
        "steps": _steps(found),
        "phone": phone.masked(mask_phone) if phone else "",
        "is_mine": is_mine,
        "runs": runs,
        "may_cancel": (is_mine or runs) and is_live and found.ends_at > now,
        "may_decide": runs and found.state == State.REQUESTED and found.starts_at > now,
        "form": DeclineForm(),
        "frame": "ui/portal.html" if is_mine else "ui/workbench.html",
    }


def _steps(found: Booking) -> list[dict[str, str]]:
    asked = {"label": "约场地", "note": _moment(found.booked_at), "state": "done"}
    if found.state == State.REQUESTED:
        return [
            asked,
            {"label": "等中心同意", "note": "这段时间先留着", "state": "now"},
            {"label": "用场地", "note": f"{short_day(found.day)}{found.time}", "state": ""},
        ]
    if found.state == State.CONFIRMED:
        return [
            asked,
            {"label": "约好了", "note": _moment(found.decided_at), "state": "done"},
            {"label": "用场地", "note": f"{short_day(found.day)}{found.time}", "state": "now"},
        ]
    return [
        asked,
        {"label": found.get_state_display(), "note": _moment(found.decided_at), "state": "now"},
    ]


def _moment(value: Any) -> str:
    if value is None:
        return ""
    here = timezone.localtime(value)
    return f"{here.month}月{here.day}日 {here.hour}:{here.minute:02d}"


def _decided(request: Request, pk: int) -> Booking:
    return get_object_or_404(queries.bookings_seen_by(request.user), pk=pk)


def _back(request: Request, found: Booking) -> HttpResponse:
    if rules.owns(request.user, found) or not rules.HANDLE.allows(request.user, found):
        return redirect("centers:booking", pk=found.pk)
    return redirect("centers:desk", pk=found.venue.center_id)


@needs(rules.HANDLE)
@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Agree to a booking (答应预约)."""
    found = _decided(request, pk)
    services.confirm_booking(by=request.user, booking=found, now=timezone.now())
    messages.success(request, f"答应了{short_day(found.day)}{found.time}的预约")
    return _back(request, found)


@needs(rules.HANDLE)
@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Turn a booking down (谢绝预约)."""
    found = _decided(request, pk)
    services.decline_booking(
        by=request.user,
        booking=found,
        reason=request.POST.get("reason", "")[:200],
        now=timezone.now(),
    )
    messages.success(request, f"谢绝了{short_day(found.day)}{found.time}的预约，那段时间空出来了")
    return _back(request, found)


@signed_in
@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Give a booking back (取消预约)."""
    found = _decided(request, pk)
    services.cancel_booking(
        by=request.user,
        booking=found,
        reason=request.POST.get("reason", "")[:200],
        now=timezone.now(),
    )
    messages.success(request, f"取消了{short_day(found.day)}{found.time}的预约，那段时间空出来了")
    return _back(request, found)


@needs(rules.HANDLE)
@never_cache
@require_POST
def open_phone(request: Request, pk: int) -> HttpResponse:
    """Show the phone of whoever booked, once, for a reason (打开联系电话)."""
    now = timezone.now()
    found = _decided(request, pk)
    opened = services.open_phone(
        by=request.user, booking=found, reason=request.POST.get("reason", "")[:200], now=now
    )
    return render(
        request,
        "centers/booking.html",
        _of(request, found, now) | {"opened": opened or "没有留电话"},
    )
