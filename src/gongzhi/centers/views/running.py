"""The desk of those who run a center: bookings, venues, hours, rules; operators and openings for the county."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.audit import queries as audit
from gongzhi.centers import queries, rules, services
from gongzhi.centers.forms import (
    AppointForm,
    CenterForm,
    ChangeVenueForm,
    EndForm,
    HoursForm,
    OpenForm,
    RuleForm,
    SpecialDayForm,
    VenueForm,
)
from gongzhi.centers.models import Center, Operator, SpecialDay, Venue
from gongzhi.centers.timetable import short_day, span, week_in_words
from gongzhi.shared.calendar import today
from gongzhi.ui.doors import Request, needs

from .bookings import rows_of


def _center(request: Request, pk: int) -> Center:
    found = queries.center_run_by(request.user, pk)
    if found is None:
        raise Http404
    return found


def _crumbs(center: Center | None, *label: str) -> list[dict[str, str]]:
    found = [{"label": "支持中心", "url": reverse("centers:manage")}]
    if center is not None:
        found.append({"label": center.name, "url": reverse("centers:desk", args=[center.pk])})
    return [*found, *({"label": x} for x in label)]


def _form(
    request: Request,
    form: forms.Form,
    center: Center | None,
    title: str,
    button: str,
    note: str = "",
) -> HttpResponse:
    """Render a staff form (工作人员表单) with its path, its button and one remark beside it."""
    back = reverse("centers:desk", args=[center.pk]) if center else reverse("centers:manage")
    return render(
        request,
        "centers/form.html",
        {
            "form": form,
            "title": title,
            "button": button,
            "note": note,
            "back": back,
            "crumbs": _crumbs(center, title),
        },
        status=422 if form.errors else 200,
    )


@needs(rules.SEE)
@require_GET
def manage(request: Request) -> HttpResponse:
    """Show the centers of one's places and the bookings that wait (支持中心，工作台)."""
    now = timezone.now()
    day = today(now)
    centers = list(queries.centers_run_by(request.user, day))
    shown = {s.center.pk: s for s in queries.shown(centers, now)}
    return render(
        request,
        "centers/manage.html",
        {
            "centers": [(center, shown[center.pk]) for center in centers],
            "awaiting": rows_of(queries.awaiting(request.user, day)[:50]),
            "may_open": rules.OPEN.anywhere(request.user),
        },
    )


@needs(rules.SEE)
@require_GET
def desk(request: Request, pk: int) -> HttpResponse:
    """Show everything about one center to those who work there (中心工作页)."""
    now = timezone.now()
    day = today(now)
    center = _center(request, pk)
    [shown] = queries.shown([center], now)
    coming = rows_of(queries.bookings_from(center, day)[:200])
    week = shown.timetable.week(day)
    runs = rules.RUN.at(request.user, center.place.path)
    return render(
        request,
        "centers/desk.html",
        {
            "center": center,
            "shown": shown,
            "waiting": [r for r in coming if r["booking"].state == "requested"],
            "agreed": [r for r in coming if r["booking"].state == "confirmed"],
            "venues": queries.venues_on(center, day),
            "usual": week_in_words(week),
            "later": [since for since, _ in shown.timetable.weeks if since > day],
            "special": [
                (special, short_day(special.day), shown.timetable.on(special.day).label)
                for special in queries.special_days_from(center, day)
            ],
            "house_rules": queries.house_rules_of(center),
            "operators": queries.operators_of(center),
            "runs": runs,
            "appoints": rules.OPEN.at(request.user, center.place.path),
            "log": audit.lines_about(center, 8),
            "day": day,
            "crumbs": _crumbs(None, center.name),
        },
    )


@needs(rules.OPEN)
@require_http_methods(["GET", "POST"])
def open_center(request: Request) -> HttpResponse:
    """Open a center (设立支持中心)."""
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        center = services.open_center(by=request.user, **form.cleaned_data)
        messages.success(request, f"{center.name}设好了，接着设开放时间和场地")
        return redirect("centers:desk", pk=center.pk)
    return _form(
        request,
        form,
        None,
        "设立支持中心",
        "设立",
        "设好以后再聘运营方、设开放时间、登记场地。",
    )


@needs(rules.OPEN)
@require_http_methods(["GET", "POST"])
def close_center(request: Request, pk: int) -> HttpResponse:
    """Close a center (关闭支持中心)."""
    center = _center(request, pk)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.close_center(
            by=request.user, center=center, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"{center.name}的关闭日期记下了")
        return redirect("centers:desk", pk=pk)
    return _form(
        request,
        form,
        center,
        "关闭支持中心",
        "关闭这个中心",
        "从那天起不再开门、不再接受预约，运营方的任期同时结束；以前的记录都留着。还有没用的预约时关不了。",
    )


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def describe(request: Request, pk: int) -> HttpResponse:
    """Bring what the public reads up to date (更新中心信息)."""
    center = _center(request, pk)
    form = CenterForm(
        request.POST or None,
        initial={
            "address": center.address,
            "phone": center.phone,
            "intro": center.intro,
            "services": [offer.service for offer in center.offers.all()],
            "rests_on_holidays": center.rests_on_holidays,
        },
    )
    if request.method == "POST" and form.is_valid():
        services.describe_center(
            by=request.user, center=center, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, "中心信息更新了，公开页马上就是新的")
        return redirect("centers:desk", pk=pk)
    return _form(request, form, center, "更新中心信息", "存上", "存上以后，公开页马上就是新的。")


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def hours(request: Request, pk: int) -> HttpResponse:
    """Set the usual week (设开放时间)."""
    now = timezone.now()
    center = _center(request, pk)
    week = queries.timetable_of(center).week(today(now))
    initial: dict[str, Any] = {
        f"day{day}": "、".join(map(span, stretches)) for day, stretches in week.items()
    }
    form = HoursForm(request.POST or None, initial=initial | {"since": today(now)})
    if request.method == "POST" and form.is_valid():
        services.set_hours(
            by=request.user,
            center=center,
            week=form.week,
            since=form.cleaned_data["since"],
            now=now,
        )
        messages.success(request, "开放时间设好了")
        return redirect("centers:desk", pk=pk)
    return _form(
        request,
        form,
        center,
        "设开放时间",
        "设好",
        "已经约了场地的时间要留在开放时间里；有冲突时会列出是哪几场。",
    )


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def special_day(request: Request, pk: int) -> HttpResponse:
    """Set a special day (设特别的一天)."""
    center = _center(request, pk)
    form = SpecialDayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.set_special_day(
            by=request.user, center=center, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"{short_day(form.cleaned_data['day'])}的时间设好了")
        return redirect("centers:desk", pk=pk)
    return _form(
        request,
        form,
        center,
        "设特别的一天",
        "设好",
        "停电、装修、节假日加开，都在这里设；那天过后自动恢复平常时间。",
    )


@needs(rules.RUN)
@require_POST
def drop_special_day(request: Request, pk: int) -> HttpResponse:
    """Let a coming day keep the usual hours (取消特别安排)."""
    special = get_object_or_404(SpecialDay.objects.select_related("center__place"), pk=pk)
    services.drop_special_day(by=request.user, special=special, now=timezone.now())
    messages.success(request, f"{short_day(special.day)}恢复平常时间")
    return redirect("centers:desk", pk=special.center_id)


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def publish_rule(request: Request, pk: int) -> HttpResponse:
    """Publish a version of the center's rules (发布管理办法)."""
    now = timezone.now()
    center = _center(request, pk)
    last = queries.house_rules_of(center).filter(title=request.GET.get("title", "")).first()
    initial = {"since": today(now)} | ({"title": last.title, "text": last.text} if last else {})
    form = RuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        rule = services.publish_house_rule(
            by=request.user, center=center, now=now, **form.cleaned_data
        )
        messages.success(request, f"《{rule.title}》发布了")
        return redirect("centers:desk", pk=pk)
    return _form(
        request,
        form,
        center,
        "发布管理办法",
        "发布",
        "公开页只显示当天有效的一版，以前的版本在工作页上查得到。",
    )


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def add_venue(request: Request, pk: int) -> HttpResponse:
    """Add a venue (登记场地)."""
    center = _center(request, pk)
    form = VenueForm(request.POST or None, initial={"opened_on": today(timezone.now())})
    if request.method == "POST" and form.is_valid():
        venue = services.add_venue(by=request.user, center=center, **form.cleaned_data)
        messages.success(request, f"{venue.name}登记好了，街坊现在就能约")
        return redirect("centers:desk", pk=pk)
    return _form(request, form, center, "登记场地", "登记", "场地一律不收钱，按半小时约。")


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def change_venue(request: Request, pk: int) -> HttpResponse:
    """Change a venue (改场地信息)."""
    venue = get_object_or_404(Venue.objects.select_related("center__place"), pk=pk)
    center = _center(request, venue.center_id)
    names = ("capacity", "equipment", "needs_approval", "takes_bookings")
    form = ChangeVenueForm(
        request.POST or None, initial={name: getattr(venue, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        services.change_venue(by=request.user, venue=venue, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"{venue.name}改好了")
        return redirect("centers:desk", pk=center.pk)
    return _form(request, form, center, f"改{venue.name}", "存上", "已经约好的不受影响，仍然算数。")


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def close_venue(request: Request, pk: int) -> HttpResponse:
    """Take a venue out of use (停用场地)."""
    venue = get_object_or_404(Venue.objects.select_related("center__place"), pk=pk)
    center = _center(request, venue.center_id)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.close_venue(by=request.user, venue=venue, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"{venue.name}的停用日期记下了")
        return redirect("centers:desk", pk=center.pk)
    return _form(
        request,
        form,
        center,
        f"停用{venue.name}",
        "停用",
        "只是暂时不约，可以改成“暂停预约”，不用停用。",
    )


@needs(rules.OPEN)
@require_http_methods(["GET", "POST"])
def appoint(request: Request, pk: int) -> HttpResponse:
    """Appoint an operator (聘任运营方)."""
    center = _center(request, pk)
    form = AppointForm(request.POST or None, initial={"since": today(timezone.now())})
    if request.method == "POST" and form.is_valid():
        operator = services.appoint_operator(by=request.user, center=center, **form.cleaned_data)
        messages.success(request, f"聘了{operator.organization.name}")
        return redirect("centers:desk", pk=pk)
    return _form(
        request,
        form,
        center,
        "聘任运营方",
        "聘任",
        "一个中心同时只有一家运营方；政府只指导和监督，不代替它运行。",
    )


@needs(rules.OPEN)
@require_http_methods(["GET", "POST"])
def end_operator(request: Request, pk: int) -> HttpResponse:
    """End an appointment (结束运营)."""
    operator = get_object_or_404(Operator.objects.select_related("organization"), pk=pk)
    center = _center(request, operator.center_id)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.end_operator(by=request.user, operator=operator, **form.cleaned_data)
        messages.success(request, f"{operator.organization.name}的运营结束日期记下了")
        return redirect("centers:desk", pk=center.pk)
    return _form(
        request,
        form,
        center,
        f"结束{operator.organization.name}的运营",
        "结束运营",
        "填它不再运营的第一天；下一家最早从这天起聘。",
    )
