"""The door: who arrives, by code, name or paper, with or without a network; and the venue's own picture."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.directory.models import Person
from gongzhi.events import doorway, forms, paging, queries, rules, services, showing, tickets
from gongzhi.events.models import Attendance, Event
from gongzhi.ui.doors import Request, needs, public

from . import registering, who

Channel = Attendance.Channel
ARRIVED = (
    "events.arrived"  # where a session keeps that somebody scanned the venue's picture, and when
)
WORKER = Path(__file__).parents[1] / "static" / "events" / "worker.js"


def _event(request: Request, pk: int) -> Event:
    found = rules.CHECK_IN.among(Event.objects.select_related("place"), request.user)
    return get_object_or_404(found, pk=pk)


@needs(rules.CHECK_IN)
@require_safe
def doors(request: Request) -> HttpResponse:
    """Show whose door one may keep today (今天的场次)."""
    now = timezone.now()
    found = doorway.doors_of(request.user, now)
    names, came = showing.topics(), paging.came_to(found)
    rows = [(showing.card_of(e, 0, names, now), came.get(e.pk, 0)) for e in found]
    return render(request, "events/doors.html", {"rows": rows})


@needs(rules.CHECK_IN)
@never_cache
@require_safe
def door(request: Request, pk: int) -> HttpResponse:
    """Show the door of one event: counts, four ways to note somebody, who just came (到场登记)."""
    event, now = _event(request, pk), timezone.now()
    guests = doorway.guests_of(event)
    words = request.GET.get("q", "")[:40]
    attendances = paging.attendances_of(event)
    last = next((a for a in attendances if str(a.pk) == request.GET.get("came", "")), None)
    headcounts = paging.headcounts_of(event)
    return render(
        request,
        "events/door.html",
        {
            "event": event,
            "when": f"{event.day.month}月{event.day.day}日 {showing.say_time(event)}",
            "opens_at": showing.ago(doorway.opens_at(event), now)
            if now < doorway.opens_at(event)
            else "",
            "arrived": len(attendances),
            "missing": sum(1 for g in guests if g.here is None),
            "mode": _mode(request, words),
            "words": words,
            "found": doorway.found_among(guests, words),
            "recent": [_row(a) for a in attendances[:12]],
            "last": _row(last) if last else None,
            "refused": request.session.pop("events.refused", ""),
            "faults": [(showing.say_clock(f.scanned_at), f) for f in paging.faults_of(event, 3)],
            "people": headcounts[0].people if headcounts else "",
            "walk_in": forms.WalkInForm(auto_id="w_%s"),
            "plans": rules.PLAN.allows(request.user, event),
        },
    )


def _mode(request: Request, words: str) -> str:
    given = request.GET.get("mode", "")
    return given if given in ("code", "name", "paper") else "name" if words else "code"


def _row(one: Attendance) -> dict[str, Any]:
    return {
        "it": one,
        "name": doorway.called(one.person),
        "at": showing.say_clock(one.arrived_at),
    }


def _noted(request: Request, event: Event, scan: services.Scan, mode: str) -> HttpResponse:
    """Go back to the door, with who came or with the sentence that says why not."""
    address = f"{reverse('events:door', args=[event.pk])}?mode={mode}"
    if scan.refusal is not None:
        request.session["events.refused"] = str(scan.refusal)
        return redirect(address)
    return redirect(f"{address}&came={scan.attendance.pk if scan.attendance else ''}")


@needs(rules.CHECK_IN)
@require_POST
def by_code(request: Request, pk: int) -> HttpResponse:
    """Note the person whose six letters were said (报号)."""
    event = _event(request, pk)
    scan = services.check_in(
        by=request.user,
        event=event,
        channel=Channel.CODE,
        code=request.POST.get("six", "")[:12],
        now=timezone.now(),
    )
    return _noted(request, event, scan, "code")


@needs(rules.CHECK_IN)
@require_POST
def by_name(request: Request, pk: int) -> HttpResponse:
    """Note somebody on the list by name (报姓名)."""
    event = _event(request, pk)
    given = request.POST.get("registration", "")
    found = get_object_or_404(
        event.registrations.select_related("person__place"),
        pk=int(given) if given.isdecimal() and len(given) < 18 else 0,
    )
    scan = services.check_in(
        by=request.user,
        event=event,
        channel=Channel.NAME,
        person=found.person,
        now=timezone.now(),
    )
    return _noted(request, event, scan, "name")


@needs(rules.CHECK_IN)
@require_http_methods(["GET", "POST"])
def walk_in(request: Request, pk: int) -> HttpResponse:
    """Note somebody who came without registering (当场来的)."""
    event, now = _event(request, pk), timezone.now()
    form = forms.WalkInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = services.introduce(
            by=request.user, place=event.place, now=now, **form.cleaned_data
        )
        scan = services.check_in(
            by=request.user, event=event, channel=Channel.NAME, person=person, now=now
        )
        return _noted(request, event, scan, "name")
    return render(
        request,
        "events/walk_in.html",
        {"form": form, "event": event},
        status=422 if form.errors else 200,
    )


@needs(rules.CHECK_IN)
@require_http_methods(["GET", "POST"])
def roll(request: Request, pk: int) -> HttpResponse:
    """Call the roll from the paper list (照纸单点名)."""
    event, now = _event(request, pk), timezone.now()
    guests = doorway.guests_of(event)
    if request.method == "POST":
        ticked = set(request.POST.getlist("here"))
        facts = [
            services.Fact(
                arrived_at=min(now, event.starts_at),
                person=g.registration.person_id,
                ref=str(g.registration.pk),
            )
            for g in guests
            if str(g.registration.pk) in ticked and g.here is None
        ]
        united = services.check_in_many(
            by=request.user, event=event, facts=facts, channel=Channel.PAPER, now=now
        )
        if united.refused:
            messages.error(request, str(next(iter(united.refused.values()))))
        else:
            messages.success(request, f"照纸单补了{united.new}人")
        return redirect(f"{reverse('events:door', args=[pk])}?mode=paper")
    return render(request, "events/roll.html", {"event": event, "guests": guests})


@needs(rules.CHECK_IN)
@require_safe
def sheet(request: Request, pk: int) -> HttpResponse:
    """Show the list to print and to sign on paper (印名单)."""
    event, now = _event(request, pk), timezone.now()
    return render(
        request,
        "events/sheet.html",
        {
            "event": event,
            "when": f"{showing.say_day(event.day)} {showing.say_time(event)}",
            "guests": doorway.guests_of(event),
            "blank": range(8),
            "now": now,
        },
    )


@needs(rules.CHECK_IN)
@require_POST
def headcount(request: Request, pk: int) -> HttpResponse:
    """Note how many came without a name (没留名的人数)."""
    event = _event(request, pk)
    given = request.POST.get("people", "").strip()
    services.count_anonymous(
        by=request.user,
        event=event,
        people=int(given) if given.isdecimal() and len(given) < 7 else 0,
        now=timezone.now(),
    )
    messages.success(request, "没留名的人数记下了，不和有名字的人加在一起")
    return redirect(f"{reverse('events:door', args=[pk])}?mode=paper")


@needs(rules.CHECK_IN)
@require_http_methods(["GET", "POST"])
def void(request: Request, pk: int) -> HttpResponse:
    """Take back an arrival, with a reason (撤掉)."""
    rows = Attendance.objects.standing().select_related("event__place", "person__place")
    found = get_object_or_404(rows, pk=pk)
    event = _event(request, found.event_id)
    if request.method == "POST":
        services.void_attendance(
            by=request.user,
            attendance=found,
            reason=request.POST.get("reason", "")[:120],
            now=timezone.now(),
        )
        messages.success(request, "撤掉了，不再计入")
        return redirect("events:door", pk=event.pk)
    return render(request, "events/void.html", {"event": event, **_row(found)})


# --- without a network ----------------------------------------------------------------------------


@public
@require_safe
def worker(request: Request) -> HttpResponse:
    """Give the service worker of the door, from where it may serve all doors and nothing else (离线)."""
    response = HttpResponse(
        WORKER.read_text("utf-8"), content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    return response


@needs(rules.CHECK_IN)
@never_cache
@require_safe
def people(request: Request, pk: int) -> JsonResponse:
    """Give the list that a device takes along, and a fresh token to send with (带走的名单)."""
    event, now = _event(request, pk), timezone.now()
    found = doorway.list_for_devices(event, doorway.guests_of(event), now)
    arrived = event.attendances.standing().count()
    return JsonResponse(found | {"arrived": arrived, "csrf": get_token(request)})


@needs(rules.CHECK_IN)
@require_POST
def facts(request: Request, pk: int) -> HttpResponse:
    """Take what a device noted (传上去)."""
    event = _event(request, pk)
    try:
        given = json.loads(request.body)["facts"]
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest()
    if not isinstance(given, list):
        return HttpResponseBadRequest()
    brought = doorway.bring(by=request.user, event=event, given=given, now=timezone.now())
    return JsonResponse(
        {"new": brought.new, "known": brought.known, "refused": dict(brought.refused)}
    )


# --- the venue's picture --------------------------------------------------------------------------


@needs(rules.CHECK_IN)
@never_cache
@require_safe
def screen(request: Request, pk: int) -> HttpResponse:
    """Show the picture for a screen at the door; it changes by the minute and the page by itself (现场码)."""
    event, now = _event(request, pk), timezone.now()
    code = tickets.venue_code(event.pk, now)
    address = request.build_absolute_uri(reverse("events:here", args=[pk]) + f"?c={code}")
    response = render(
        request,
        "events/screen.html",
        {
            "event": event,
            "qr": showing.qr(address, "现场码，用手机扫"),
            "arrived": event.attendances.standing().count(),
        },
    )
    # A screen that nobody touches: the browser asks again by itself, with or without script.
    response["Refresh"] = "20"
    return response


@public
@never_cache
@require_http_methods(["GET", "POST"])
def here(request: Request, pk: int) -> HttpResponse:
    """Let somebody who scanned the venue's picture say who they are, and note them (扫现场码)."""
    event = get_object_or_404(queries.visible_to(request.user), pk=pk)
    now = timezone.now()
    if code := request.GET.get("c", ""):
        # When it was scanned is remembered: proving a phone takes longer than the picture stays.
        request.session[ARRIVED] = {"event": pk, "code": code[:40], "at": now.isoformat()}
    kept = request.session.get(ARRIVED) or {}
    if kept.get("event") != pk:
        raise Http404
    asking = who.asking(request, now)
    context: dict[str, Any] = {
        "event": event,
        "when": f"{showing.say_day(event.day)} {showing.say_time(event)}",
        "asking": asking,
        "people": [(str(p.pk), who.called(p), str(p.place)) for p in asking.people],
    }
    if request.method == "GET":
        if not asking.people and asking.how:
            context["nobody"] = True
        if not asking.how:
            context["form"] = forms.PhoneForm()
        return render(request, "events/here.html", context)
    if not asking.how:
        return registering.ask_phone(request, "到场登记", "填手机号，验一下是您本人，就登记上了。")
    return _arrive(request, event, asking, kept, context, now)


def _arrive(
    request: Request,
    event: Event,
    asking: who.Asking,
    kept: dict[str, str],
    context: dict[str, Any],
    now: datetime,
) -> HttpResponse:
    given = request.POST.get("person", "")
    person: Person | None = next((p for p in asking.people if str(p.pk) == given), None)
    if person is None and request.POST.get("name", "").strip():
        person = services.introduce(
            by=request.user,
            name=request.POST["name"][:20],
            phone=asking.phone,
            place=event.place,
            now=now,
        )
    if person is None:
        return redirect("events:here", pk=event.pk)
    scan = services.check_in(
        by=asking.acts_for(person),
        event=event,
        channel=Channel.VENUE_QR,
        person=person,
        code=kept.get("code", ""),
        scanned_at=datetime.fromisoformat(kept["at"]),
        now=now,
    )
    context |= {"scan": scan, "called": who.called(person), "at": showing.say_clock(now)}
    if scan.refusal is not None and not isinstance(scan.refusal, services.CodeReused):
        return render(request, "events/here.html", context, status=scan.refusal.status)
    return render(request, "events/here.html", context)
