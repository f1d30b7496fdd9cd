"""Who may teach, and the chain of trainers."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.academy import forms, queries, rules, services
from gongzhi.academy.models import Trainer
from gongzhi.audit import queries as audit
from gongzhi.shared.calendar import today
from gongzhi.ui.desk import form_page, sent
from gongzhi.ui.doors import Request, needs

from .desk import crumbs

SHOWN = 200


def _trainer(request: Request, pk: int, *, qualifies: bool = False) -> Trainer:
    """:raises Http404: they may not see, or qualify, this trainer."""
    rows = Trainer.objects.select_related("person__place", "taught_by__person")
    rule = rules.QUALIFY if qualifies else rules.SEE_TRAINERS
    found = rule.among(rows, request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@needs(rules.SEE_TRAINERS)
@require_GET
def trainers(request: Request) -> HttpResponse:
    """Show who teaches and who learns to, and who taught whom (讲师)."""
    day = today(timezone.now())
    return render(
        request,
        "academy/trainers.html",
        {
            "trainers": queries.trainers(request.user)[:SHOWN],
            # The chain crosses towns: it is for those who answer for the county.
            "chain": queries.chain(day)
            if rules.QUALIFY.at(request.user, queries.county_path())
            else [],
            "qualifies": rules.QUALIFY.anywhere(request.user),
            "day": day,
            "crumbs": crumbs("讲师"),
        },
    )


@needs(rules.QUALIFY)
@require_http_methods(["GET", "POST"])
def enter(request: Request) -> HttpResponse:
    """Enter somebody who teaches or learns to (登记讲师)."""
    form = forms.TrainerForm(sent(request), by=request.user)
    back = reverse("academy:trainers")
    if form.is_valid():
        made = services.enter_trainer(by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"{made.person.name}登记好了")
        return redirect("academy:trainer", pk=made.pk)
    return form_page(
        request, form, title="登记讲师", button="登记", back=back, path=crumbs(("讲师", back), "登记"),
        note="学完讲师培训的会自动进名册；外请的老师在这里登记。能不能认定，系统按记录算。",
    )  # fmt: skip


@needs(rules.SEE_TRAINERS)
@require_GET
def trainer(request: Request, pk: int) -> HttpResponse:
    """Show a trainer: what it takes, how far they are, whom they taught (一位讲师)."""
    found = _trainer(request, pk)
    day = today(timezone.now())
    requirements = queries.requirements_of(found.person, day)
    return render(
        request,
        "academy/trainer.html",
        {
            "trainer": found,
            "requirements": requirements,
            "is_ready": all(r.is_met for r in requirements),
            "is_qualified": bool(found.qualified_until and found.qualified_until > day),
            "classes": queries.taught_in(found)[:50],
            "taught": found.taught.select_related("person__place").order_by("entered_on", "pk")[
                :100
            ],
            "qualifies": rules.QUALIFY.at(request.user, found.person.place.path),
            "log": audit.lines_about(found, 8),
            "crumbs": crumbs(("讲师", reverse("academy:trainers")), found.person.name),
        },
    )


@needs(rules.QUALIFY)
@require_http_methods(["GET", "POST"])
def qualify(request: Request, pk: int) -> HttpResponse:
    """Say that somebody may teach (认定讲师)."""
    found = _trainer(request, pk, qualifies=True)
    now = timezone.now()
    missing = [r for r in queries.requirements_of(found.person, today(now)) if not r.is_met]
    back = reverse("academy:trainer", args=[pk])
    if request.method == "POST" and not missing:
        services.qualify_trainer(by=request.user, trainer=found, now=now)
        messages.success(request, f"{found.person.name}认定为讲师了")
        return redirect(back)
    form = forms.QualifyForm(sent(request))
    if form.is_valid():
        services.qualify_trainer(by=request.user, trainer=found, now=now, **form.cleaned_data)
        messages.success(request, f"{found.person.name}认定为讲师了，理由记下了")
        return redirect(back)
    short = "、".join(f"{r.label}还差{r.want - r.have}{r.unit}" for r in missing)
    return form_page(
        request, form, title=f"认定{found.person.name}", button="认定", back=back,
        path=crumbs(("讲师", reverse("academy:trainers")), found.person.name),
        note=f"{short}。要认定就写明理由，名字和理由都留着。",
    )  # fmt: skip


@needs(rules.QUALIFY)
@require_POST
def retire(request: Request, pk: int) -> HttpResponse:
    """Note that somebody teaches no more (不再讲课)."""
    found = _trainer(request, pk, qualifies=True)
    services.retire_trainer(by=request.user, trainer=found, now=timezone.now())
    messages.success(request, f"{found.person.name}不再讲课了，带过的人还在名册里")
    return redirect("academy:trainer", pk=pk)
