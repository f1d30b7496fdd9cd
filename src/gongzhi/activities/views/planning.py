"""The desk of those who plan: brands, their plans, the days of the year."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.activities import forms, queries, rules, services
from gongzhi.activities.models import Brand, Plan
from gongzhi.audit import queries as audit
from gongzhi.events import services as events
from gongzhi.shared.calendar import today
from gongzhi.shared.refusals import Refused
from gongzhi.ui.desk import Crumbs, form_page, sent
from gongzhi.ui.doors import Request, needs

SHOWN_PLANS = 50


def _crumbs(*path: tuple[str, str] | str) -> Crumbs:
    found: Crumbs = [{"label": "品牌和计划", "url": reverse("activities:plans")}]
    for piece in path:
        label, url = piece if isinstance(piece, tuple) else (piece, "")
        found.append({"label": label, "url": url})
    return found


def _plan(request: Request, pk: int) -> Plan:
    """:raises Http404: it is not a plan of theirs."""
    found = queries.plans(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@needs(rules.PLAN)
@require_GET
def plans(request: Request) -> HttpResponse:
    """Show the brands and the plans of one's places (品牌和计划)."""
    return render(
        request,
        "activities/plans.html",
        {
            "brands": queries.brands(),
            "plans": [(p, queries.rhythm_of(p)) for p in queries.plans(request.user)[:SHOWN_PLANS]],
            "founds": rules.FOUND.anywhere(request.user),
        },
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def new_plan(request: Request) -> HttpResponse:
    """Ask where and how often, show every place and day, then draft (排品牌计划)."""
    now = timezone.now()
    asked = request.GET.get("brand", "")
    initial = {"brand": asked} if asked.isdecimal() and len(asked) < 10 else {}
    form = forms.PlanForm(sent(request), by=request.user, now=now, initial=initial)
    if not form.is_valid():
        return form_page(
            request, form, title="排品牌计划", button="看看排成什么样",
            back=reverse("activities:plans"), path=_crumbs("排品牌计划"),
            note="先看排出来是哪些地方、哪些天，可以去掉几个地方再定。定了以后都是草稿，看过再发布。",
        )  # fmt: skip
    given, pattern = form.cleaned_data, form.pattern
    places = queries.candidates(given["scope"], given["spread"])
    days = list(pattern.days())
    chosen = {int(x) for x in request.POST.getlist("places") if x.isdecimal() and len(x) < 18}
    refusal: Refused | None = None
    if request.POST.get("make") == "yes":
        try:
            plan = services.plan_series(
                by=request.user,
                brand=given["brand"],
                scope=given["scope"],
                places=[p for p in places if p.pk in chosen],
                rhythm=pattern,
                begins_at=given["begins_at"],
                minutes=given["minutes"],
                capacity=given["capacity"],
                now=now,
            )
        except Refused as said:
            refusal = said
        else:
            messages.success(request, "都起草好了，看过再发布")
            return redirect("activities:plan", pk=plan.pk)
    addresses = queries.usual_addresses(places, today(now))
    return render(
        request,
        "activities/preview.html",
        {
            "form": form,
            "fields": [(name, request.POST[name]) for name in form.fields if name in request.POST],
            "brand": given["brand"],
            "scope": given["scope"],
            "words": pattern.words(),
            "begins_at": given["begins_at"],
            "minutes": given["minutes"],
            "days": days,
            "places": [
                (p, addresses[p.pk], p.pk in chosen or "make" not in request.POST) for p in places
            ],
            "total": len(days) * len(places),
            "refusal": refusal,
            "crumbs": _crumbs("排品牌计划"),
        },
        status=refusal.status if refusal else 200,
    )


@needs(rules.PLAN)
@require_GET
def plan(request: Request, pk: int) -> HttpResponse:
    """Show one plan: how its events stand, which days come (一个计划)."""
    found = _plan(request, pk)
    now = timezone.now()
    coming = found.series.events.filter(day__gte=today(now)).select_related("place")
    return render(
        request,
        "activities/plan.html",
        {
            "plan": found,
            "words": queries.rhythm_of(found).words(),
            "coming": coming.order_by("day", "place__sort_key", "pk")[:50],
            "places": queries.places_of(found),
            "form": forms.ExtendForm(),
            "log": audit.lines_about(found, 8),
            "crumbs": _crumbs(str(found.series)),
        },
    )


@needs(rules.PLAN)
@require_POST
def publish_plan(request: Request, pk: int) -> HttpResponse:
    """Publish the drafts of a plan (发布一批)."""
    found = _plan(request, pk)
    count = events.publish_series(by=request.user, series=found.series, now=timezone.now())
    messages.success(request, f"发布了{count}场，街坊现在看得到、报得上")
    return redirect("activities:plan", pk=pk)


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def extend_plan(request: Request, pk: int) -> HttpResponse:
    """Go on with a plan (续排)."""
    found = _plan(request, pk)
    form = forms.ExtendForm(sent(request))
    if form.is_valid():
        count = services.extend_plan(
            by=request.user, plan=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"又起草了{count}场，看过再发布")
        return redirect("activities:plan", pk=pk)
    return form_page(
        request, form, title="续排", button="接着排", back=reverse("activities:plan", args=[pk]),
        path=_crumbs((str(found.series), reverse("activities:plan", args=[pk])), "续排"),
        note="还在原来的地方、原来的星期和钟点。已经排过的不会重复。",
    )  # fmt: skip


@needs(rules.FOUND)
@require_http_methods(["GET", "POST"])
def new_brand(request: Request) -> HttpResponse:
    """Found a brand (设立品牌)."""
    form = forms.BrandForm(sent(request))
    if form.is_valid():
        made = services.found_brand(by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"“{made.name}”设好了，接着排计划")
        return redirect("activities:plans")
    return form_page(
        request, form, title="设立品牌", button="设立", back=reverse("activities:plans"),
        path=_crumbs("设立品牌"), note="名字定了就不改，街坊靠它认。同一件事不用设两个品牌。",
    )  # fmt: skip


@needs(rules.FOUND)
@require_http_methods(["GET", "POST"])
def end_brand(request: Request, key: str) -> HttpResponse:
    """End a brand (停办品牌)."""
    found = get_object_or_404(Brand, key=key)
    form = forms.EndBrandForm(sent(request))
    if form.is_valid():
        services.end_brand(by=request.user, brand=found, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"“{found.name}”停办了，已经排的还照办")
        return redirect("activities:plans")
    return form_page(
        request, form, title=f"停办“{found.name}”", button="停办", danger=True,
        back=reverse("activities:plans"), path=_crumbs(f"停办“{found.name}”"),
        note="停办以后不能再排新的；已经排好的照办，以前的记录都留着。",
    )  # fmt: skip


@needs(rules.PLAN)
@require_GET
def almanac(request: Request) -> HttpResponse:
    """Show the days of the coming year and what one's places do on them (节气和节日)."""
    now = timezone.now()
    day = today(now)
    return render(
        request,
        "activities/almanac.html",
        {
            "days": queries.almanac(request.user, day, day + timedelta(days=366)),
            "waiting": queries.drafts_waiting(request.user, now)[:50],
            "today": day,
        },
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def choose(request: Request) -> HttpResponse:
    """Say that a place marks a day, each year anew (定节令安排)."""
    form = forms.CustomForm(
        sent(request), by=request.user, initial={"occasion": request.GET.get("occasion", "")}
    )
    if form.is_valid():
        made = services.choose_occasion(by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(
            request, f"{made.place.name}{made.occasion_label}定下来了，每年提前起草好，看过就能发布"
        )
        return redirect("activities:almanac")
    return form_page(
        request, form, title="定节令安排", button="定下来", back=reverse("activities:almanac"),
        path=[{"label": "节气和节日", "url": reverse("activities:almanac")}, {"label": "定节令安排"}],
        note="定一次，年年到时候自动起草，日子按当年的节气和农历算。起草的先给您看，您发布了街坊才看得到。",
    )  # fmt: skip


@needs(rules.PLAN)
@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    """Mark a day no longer (停掉节令安排)."""
    custom = queries.customs(request.user).filter(pk=pk).first()
    if custom is None:
        raise Http404
    services.drop_custom(by=request.user, custom=custom, now=timezone.now())
    messages.success(request, f"{custom.place.name}{custom.occasion_label}的“{custom.title}”停了")
    return redirect("activities:almanac")
