"""What everybody may read: which help is wanted, what a team gave, and whether a paper is true."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.forms import ChoiceField
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from gongzhi.directory import services as directory
from gongzhi.directory.models import Team
from gongzhi.events import queries as events
from gongzhi.events.models import Event, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_name
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import twelve_months_to
from gongzhi.ui.chosen import place_chosen
from gongzhi.ui.doors import Request, public
from gongzhi.ui.forms import field_of
from gongzhi.volunteering import queries, rules, services
from gongzhi.volunteering.forms import CheckForm, TakeForm
from gongzhi.volunteering.hours import say_hours
from gongzhi.volunteering.models import Certificate, Shift, Skill

from . import who


@public
@require_safe
def listing(request: Request) -> HttpResponse:
    """Show which help is wanted, by skill and place (缺什么人)."""
    now = timezone.now()
    place = _place(request.GET.get("place", place_chosen(request)))
    skill = request.GET.get("skill", "")
    needs = queries.needs_by_skill(place, now)
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 6 else 0
    found = list(queries.wanted(place, now, skill=skill)[start : start + queries.PAGE + 1])
    more = len(found) > queries.PAGE
    chips = [
        {
            "label": "全部",
            "count": sum(n for *_, n in needs),
            "url": _at(place, ""),
            "current": not skill,
        }
    ]
    chips += [
        {"label": label, "count": n, "url": _at(place, key), "current": key == skill}
        for key, label, n in needs
    ]
    return render(
        request,
        "volunteering/list.html",
        {
            "place": place,
            "places": Place.objects.filter(
                level__lte=Place.Level.TOWN, closed_on__isnull=True
            ).order_by("sort_key"),
            "skill": skill if skill in Skill.values else "",
            "chips": chips,
            "cards": [card_of(shift) for shift in found[: queries.PAGE]],
            "next": f"{_at(place, skill)}&after={start + queries.PAGE}" if more else "",
        },
    )


def _place(text: str) -> Place | None:
    if not text.isdecimal() or len(text) > 12:
        return None
    return Place.objects.filter(pk=int(text), level__lt=Place.Level.PARK).first()


def _at(place: Place | None, skill: str) -> str:
    return "?" + urlencode({"place": place.pk if place else "", "skill": skill})


def card_of(shift: Shift) -> dict[str, Any]:
    """Return what a list says of one shift."""
    event = shift.event
    free = event.free_seats
    return {
        "shift": shift,
        "event": event,
        "when": events.say_span(event),
        "seats": "人数不限"
        if free is None
        else f"还要{free}人"
        if free > 0
        else "人够了，可以排队",
        "is_full": free is not None and free <= 0,
    }


def _visible(request: Request, pk: int) -> Shift:
    """Return a shift that is published, or that whoever asks runs. :raises Http404: neither."""
    shift = get_object_or_404(
        Shift.objects.select_related("event__place", "event__host", "team"), pk=pk
    )
    if shift.event.status == Event.Status.DRAFT and not rules.RUN.allows(request.user, shift):
        raise Http404
    return shift


@public
@never_cache
@require_safe
def shift(request: Request, pk: int) -> HttpResponse:
    """Show one shift: what, when, the risks, and the form to take it (一个岗位)."""
    return _shift(request, _visible(request, pk))


def _shift(request: Request, found: Shift, form: TakeForm | None = None) -> HttpResponse:
    now = timezone.now()
    asking, event = who.asking(request, now), found.event
    taken = {
        p.pk: r
        for p in asking.people
        if (r := queries.taken_by(p, found)) and r.status in Registration.LIVE
    }
    open_ = event.takes_registrations_at(now)
    if form is None and open_:
        form = _form(None, found, [p for p in asking.people if p.pk not in taken], asking.people)
    return render(
        request,
        "volunteering/shift.html",
        {
            **card_of(found),
            "skill": found.get_skill_display(),
            "mine": [(p, taken[p.pk]) for p in asking.people if p.pk in taken],
            "asking": asking,
            "form": form,
            "is_open": open_,
            "ages": events.say_ages(event),
            "runs": rules.RUN.allows(request.user, found),
            "crumbs": [{"label": "志愿服务", "url": "/volunteering/"}, {"label": event.title}],
        },
        status=422 if form is not None and form.errors else 200,
    )


def _form(data: Any, found: Shift, people: Any, family: Any) -> TakeForm | None:
    if not people:
        return None
    day = found.event.day
    age = rule("people.adult-age", day).number
    young = [p for p in people if queries.age_on(p, day) < age]
    shown = list(family) if young else list(people)
    form = TakeForm(
        data,
        people=shown,
        minors=bool(young),
        is_risky=found.is_risky,
        is_busy=queries.is_busy(shown, found),
    )
    field_of(form, "person", ChoiceField).choices = [(f"{p.pk}", p.name) for p in people]
    return form


@public
@require_POST
def take(request: Request, pk: int) -> HttpResponse:
    """Take a shift (接岗位)."""
    now = timezone.now()
    found = _visible(request, pk)
    asking = who.asking(request, now)
    form = _form(request.POST, found, list(asking.people), asking.people)
    if form is None or asking.by is None:
        return redirect("volunteering:shift", pk=pk)
    if not form.is_valid():
        return _shift(request, found, form)
    registration = services.take_shift(by=asking.by, shift=found, now=now, **form.given())
    seated = registration.status == Registration.Status.SEATED
    messages.success(request, "接上了" if seated else "人够了，给您排上队了")
    return redirect("volunteering:shift", pk=pk)


@public
@never_cache
@require_safe
def team(request: Request, pk: int) -> HttpResponse:
    """Show what a team gave in the last twelve months, how much of it was typed, and what it asks for (一支队)."""
    now = timezone.now()
    found = get_object_or_404(Team.objects.select_related("place", "organization"), pk=pk)
    period = twelve_months_to(today(now))
    total = queries.team_total(found, period.since, period.until)
    asking = who.asking(request, now)
    members = queries.members_among(found, asking.people)
    return render(
        request,
        "volunteering/team.html",
        {
            "team": found,
            "asking": asking,
            "members": [p for p in asking.people if p.pk in members],
            "others": [p for p in asking.people if p.pk not in members],
            "total": total,
            "hours": say_hours(total.minutes),
            "other": say_hours(total.other),
            "cards": [
                card_of(one)
                for one in queries.coming(now).filter(team=found, is_team_only=False)[:20]
            ],
            "crumbs": [{"label": "志愿服务", "url": "/volunteering/"}, {"label": found.name}],
        },
    )


@public
@require_POST
def join(request: Request, pk: int) -> HttpResponse:
    """Join a team (加入志愿队), by oneself or for somebody on one's phone."""
    now = timezone.now()
    found = get_object_or_404(Team, pk=pk)
    asking = who.asking(request, now)
    if asking.person is None or asking.by is None:
        return redirect("volunteering:mine")
    directory.join_team(by=asking.by, team=found, person=asking.person, now=now)
    messages.success(request, f"{asking.person.name}入队了，随时可以在“查我的登记”里退出")
    return redirect("volunteering:team", pk=pk)


@public
@never_cache
@require_GET
def check(request: Request) -> HttpResponse:
    """Tell whether a certificate is true, and what its holder lets be seen (验一张证明)."""
    now = timezone.now()
    asked = bool(request.GET.get("number") or request.GET.get("code"))
    form = CheckForm(request.GET if asked else None)
    found = None
    if asked and form.is_valid():
        found = services.check_certificate(
            by=request.user,
            number=form.cleaned_data["number"],
            code=form.cleaned_data["code"],
            origin=_address(request),
            now=now,
        )
        if found is None:
            form.add_error(None, "编号和验证码对不上。请照纸上再填一遍，字母和数字不分大小写。")
    return render(
        request,
        "volunteering/check.html",
        {"form": form, "found": shown(found) if found else None, "now": now},
        status=422 if form.errors else 200,
    )


def shown(certificate: Certificate) -> dict[str, Any]:
    """Return what anybody with number and code may see: what the holder allows, and never an ID number."""
    says = certificate.says
    return {
        "certificate": certificate,
        "name": mask_name(certificate.name),
        "issuer": says["issuer"],
        "hours": say_hours(certificate.minutes),
        "other": say_hours(certificate.other_minutes),
        "teams": says["teams"] if certificate.shows_teams else "",
        "rows": [row | {"hours": say_hours(row["minutes"])} for row in says["rows"]]
        if certificate.shows_rows
        else [],
    }


def _address(request: Request) -> str:
    """Return the network address of whoever asks; behind our own proxy, the one that the proxy saw."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if seen:
            return seen
    return request.META.get("REMOTE_ADDR", "")
