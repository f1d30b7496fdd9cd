"""Those who run shifts: asking for volunteers, insurance, hours, and what waits for a second person."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.directory import queries as directory
from gongzhi.events import queries as events
from gongzhi.events.models import Event, Registration
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import twelve_months_to
from gongzhi.ui.doors import Request, needs
from gongzhi.volunteering import queries, rules, services
from gongzhi.volunteering.forms import (
    CorrectForm,
    InsuranceForm,
    IssueForm,
    ShiftForm,
    read_clock,
)
from gongzhi.volunteering.hours import say_hours
from gongzhi.volunteering.models import Certificate, Service, Shift

SHAPES = {
    Service.State.COUNTED: "ok",
    Service.State.WAITING: "now",
    Service.State.DECLINED: "wait",
}
SHIFT_SHAPES = {
    Event.Status.DRAFT: "wait",
    Event.Status.PUBLISHED: "ok",
    Event.Status.CLOSED: "wait",
    Event.Status.CANCELLED: "bad",
}


@needs(rules.RUN)
@require_GET
def manage(request: Request) -> HttpResponse:
    """Show the shifts I run, what waits, and what the teams of my place gave (志愿服务)."""
    now = timezone.now()
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 6 else 0
    rows = list(queries.run_by(request.user)[start : start + queries.PAGE + 1])
    period = twelve_months_to(today(now))
    teams = list(directory.teams(request.user).filter(ended_on=None).select_related("place")[:50])
    totals = queries.totals_of_teams(teams, period.since, period.until)
    return render(
        request,
        "volunteering/manage.html",
        {
            "rows": [
                {
                    "shift": shift,
                    "event": shift.event,
                    "when": events.say_span(shift.event),
                    "state": shift.event.get_status_display(),
                    "shape": SHIFT_SHAPES[Event.Status(shift.event.status)],
                    "waits": shift.counted_at is None
                    and shift.event.is_held
                    and shift.event.ends_at <= now,
                    "lacks_insurance": shift.is_risky and not shift.is_insured,
                }
                for shift in rows[: queries.PAGE]
            ],
            "next": f"?after={start + queries.PAGE}" if len(rows) > queries.PAGE else "",
            "waiting": queries.awaiting(request.user).count(),
            "teams": [
                {
                    "team": team,
                    "total": total,
                    "hours": say_hours(total.minutes),
                    "other": say_hours(total.other),
                }
                for team in teams
                if (total := totals.get(team.pk))
            ],
        },
    )


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Ask for volunteers (招志愿者)."""
    form = ShiftForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        shift = services.open_shift(by=request.user, now=timezone.now(), **form.given())
        messages.success(request, "存好了草稿，看一遍再发布")
        return redirect("volunteering:desk", pk=shift.pk)
    return render(
        request,
        "volunteering/new.html",
        {
            "form": form,
            "crumbs": [
                {"label": "志愿服务", "url": reverse("volunteering:manage")},
                {"label": "招志愿者"},
            ],
        },
        status=422 if form.errors else 200,
    )


def _run(request: Request, pk: int) -> Shift:
    mine = rules.RUN.among(Shift.objects.all(), request.user)
    return get_object_or_404(mine.select_related("event__place", "event__host", "team"), pk=pk)


@needs(rules.RUN)
@require_GET
def desk(request: Request, pk: int) -> HttpResponse:
    """Show one shift to those who run it: publishing, insurance, who comes, hours (管一个岗位)."""
    return _desk(request, _run(request, pk))


def _desk(request: Request, shift: Shift, insurance: InsuranceForm | None = None) -> HttpResponse:
    now, event = timezone.now(), shift.event
    over = event.ends_at <= now and event.status != Event.Status.CANCELLED
    served = list(queries.services_at(event)) if over else []
    return render(
        request,
        "volunteering/desk.html",
        {
            "shift": shift,
            "event": event,
            "when": events.say_span(event),
            "state": event.get_status_display(),
            "shape": SHIFT_SHAPES[Event.Status(event.status)],
            "is_draft": event.status == Event.Status.DRAFT,
            "is_over": over,
            "coming": events.seated_at(event)[:200],
            "served": [
                {
                    "service": s,
                    "hours": say_hours(s.minutes),
                    "state": s.get_state_display(),
                    "shape": SHAPES[Service.State(s.state)],
                    "entries": list(s.entries.all()),
                }
                for s in served
            ],
            "unrecorded": queries.unrecorded_at(shift) if over else [],
            "may_correct": bool(rules.CORRECT.at(request.user, event.place.path)),
            "insurance": insurance or InsuranceForm(),
            "live": Registration.LIVE,
            "crumbs": [
                {"label": "志愿服务", "url": reverse("volunteering:manage")},
                {"label": event.title},
            ],
        },
        status=422 if insurance is not None and insurance.errors else 200,
    )


@needs(rules.RUN)
@require_POST
def publish(request: Request, pk: int) -> HttpResponse:
    """Publish a shift (发布岗位)."""
    shift = _run(request, pk)
    services.publish_shift(by=request.user, shift=shift, now=timezone.now())
    messages.success(request, "发布了，大家看得到，可以接了")
    return redirect("volunteering:desk", pk=pk)


@needs(rules.RUN)
@require_POST
def insure(request: Request, pk: int) -> HttpResponse:
    """Note the insurance (记保险)."""
    shift = _run(request, pk)
    form = InsuranceForm(request.POST)
    if not form.is_valid():
        return _desk(request, shift, form)
    services.note_insurance(by=request.user, shift=shift, now=timezone.now(), **form.cleaned_data)
    messages.success(request, "保险记上了")
    return redirect("volunteering:desk", pk=pk)


@needs(rules.CONFIRM)
@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Count the hours from the arrivals (核时长)."""
    people = services.confirm_hours(by=request.user, shift=_run(request, pk), now=timezone.now())
    messages.success(request, f"核好了，{people}人的时长按到场登记算好了")
    return redirect("volunteering:desk", pk=pk)


@needs(rules.CONFIRM)
@require_POST
def type_in(request: Request, pk: int) -> HttpResponse:
    """Type hours from the paper list (照签到表补记)."""
    shift = _run(request, pk)
    day = shift.event.day
    rows = []
    for person in queries.unrecorded_at(shift):
        if f"{person.pk}" not in request.POST.getlist("person"):
            continue
        begins = read_clock(request.POST.get(f"begins-{person.pk}", ""), day)
        ends = read_clock(request.POST.get(f"ends-{person.pk}", ""), day)
        if begins is None or ends is None:
            raise services.HoursUnclear(
                wrong=f"{person.name}的时间没有填全", mend="请照签到表填起止时间", field="begins"
            )
        rows.append(services.Typed(person=person, begins_at=begins, ends_at=ends))
    made = services.type_hours(
        by=request.user,
        shift=shift,
        rows=rows,
        roster=request.POST.get("roster", ""),
        now=timezone.now(),
    )
    messages.success(request, f"记下了{len(made)}人，等另一个人核过才算")
    return redirect("volunteering:desk", pk=pk)


@needs(rules.APPROVE)
@require_GET
def waiting(request: Request) -> HttpResponse:
    """Show typed hours that wait for me as the second person (等我核的时长)."""
    return render(
        request,
        "volunteering/waiting.html",
        {
            "rows": [
                {"service": s, "hours": say_hours(s.claimed)}
                for s in queries.awaiting(request.user).select_related("recorded_by")[:100]
            ],
            "crumbs": [
                {"label": "志愿服务", "url": reverse("volunteering:manage")},
                {"label": "等我核的时长"},
            ],
        },
    )


@needs(rules.APPROVE)
@require_POST
def approve(request: Request, pk: int) -> HttpResponse:
    """Let typed hours count (认补记的时长)."""
    found = get_object_or_404(rules.APPROVE.among(Service.objects.all(), request.user), pk=pk)
    services.approve_hours(by=request.user, service=found, now=timezone.now())
    messages.success(request, "认了，时长算上了")
    return redirect("volunteering:waiting")


@needs(rules.APPROVE)
@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Do not let typed hours count (不认补记的时长)."""
    found = get_object_or_404(rules.APPROVE.among(Service.objects.all(), request.user), pk=pk)
    services.decline_hours(
        by=request.user, service=found, reason=request.POST.get("reason", ""), now=timezone.now()
    )
    messages.success(request, "退回了，本人会收到原因")
    return redirect("volunteering:waiting")


@needs(rules.CORRECT)
@require_http_methods(["GET", "POST"])
def correct(request: Request, pk: int) -> HttpResponse:
    """Correct the minutes of one service by a new entry (更正时长)."""
    found = get_object_or_404(
        rules.CORRECT.among(Service.objects.all(), request.user).select_related(
            "person", "place", "event__shift"
        ),
        pk=pk,
    )
    form = CorrectForm(request.POST or None, initial={"minutes": found.minutes})
    if request.method == "POST" and form.is_valid():
        services.correct_hours(
            by=request.user, service=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, "更正了，原来的也留着")
        return redirect("volunteering:correct", pk=pk)
    return render(
        request,
        "volunteering/correct.html",
        {
            "form": form,
            "service": found,
            "hours": say_hours(found.minutes),
            "entries": found.entries.select_related("by").order_by("-pk"),
            "crumbs": [
                {"label": "志愿服务", "url": reverse("volunteering:manage")},
                {"label": "更正时长"},
            ],
        },
        status=422 if form.errors else 200,
    )


@needs(rules.CERTIFY)
@require_http_methods(["GET", "POST"])
def certify(request: Request, pk: int) -> HttpResponse:
    """Issue a certificate to somebody at the counter (替人出证明), from one of their services."""
    now = timezone.now()
    among = rules.CERTIFY.among(Service.objects.counted(), request.user)
    found = get_object_or_404(among.select_related("person__place"), pk=pk)
    form = IssueForm(request.POST or None, today=today(now))
    if request.method == "POST" and form.is_valid():
        certificate = services.issue_certificate(
            by=request.user, person=found.person, now=now, **form.cleaned_data
        )
        messages.success(request, f"出好了，编号{certificate.number}，打印出来盖章")
        return redirect("volunteering:certificate", pk=certificate.pk)
    return render(
        request,
        "volunteering/certify.html",
        {
            "form": form,
            "service": found,
            "crumbs": [
                {"label": "志愿服务", "url": reverse("volunteering:manage")},
                {"label": "替人出证明"},
            ],
        },
        status=422 if form.errors else 200,
    )


@needs(rules.CERTIFY)
@require_POST
def revoke(request: Request, pk: int) -> HttpResponse:
    """Revoke a certificate that turned out wrong (作废)."""
    found = get_object_or_404(rules.CERTIFY.among(Certificate.objects.all(), request.user), pk=pk)
    services.revoke_certificate(
        by=request.user,
        certificate=found,
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "作废了，扫码的人看得到原因")
    return redirect("volunteering:certificate", pk=pk)
