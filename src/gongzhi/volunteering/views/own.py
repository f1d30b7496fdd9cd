"""One's own service: what I could do, what I did, and the papers that say so."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.directory.services import Oneself
from gongzhi.shared import papers
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_id
from gongzhi.shared.periods import twelve_months_to
from gongzhi.ui.doors import Request, public
from gongzhi.volunteering import paper, queries, rules, services
from gongzhi.volunteering.forms import IssueForm, ProfileForm
from gongzhi.volunteering.hours import say_hours
from gongzhi.volunteering.models import Certificate, Skill

from . import who
from .public import card_of, shown


@public
@never_cache
@require_GET
def mine(request: Request) -> HttpResponse:
    """Show what I could help with, what I did and my papers (我的志愿服务)."""
    return _mine(request)


def _mine(request: Request, form: IssueForm | None = None) -> HttpResponse:
    now = timezone.now()
    asking = who.asking(request, now)
    if asking.person is None:
        return render(request, "volunteering/unknown.html", {})
    person, profile = asking.person, queries.profile_of(asking.person)
    served = queries.services_of(person)
    total = queries.total_of(served)
    year = twelve_months_to(today(now))
    stars = queries.stars_of(total.minutes, today(now)) if profile.wants_stars else None
    return render(
        request,
        "volunteering/mine.html",
        {
            "asking": asking,
            "person": person,
            "profile": profile,
            "skills": "、".join(Skill(s).label for s in profile.skills),
            "fits": [
                {**card_of(fit.shift), "because": fit.because}
                for fit in queries.fitting(person, now, limit=6)
            ],
            "total": total,
            "hours": say_hours(total.minutes),
            "year_hours": say_hours(
                queries.total_of(served.filter(day__gte=year.since, day__lt=year.until)).minutes
            ),
            "rows": [{"service": s, "hours": say_hours(s.minutes)} for s in served[:20]],
            "stars": stars,
            "star_words": "一二三四五"[stars.count - 1] + "星" if stars and stars.count else "",
            "star_left": say_hours(stars.next_at - total.minutes)
            if stars and stars.next_at
            else "",
            "certificates": queries.certificates_of(person)[:10],
            "form": form or IssueForm(today=today(now)),
            "crumbs": [{"label": "志愿服务", "url": "/volunteering/"}, {"label": "我的志愿服务"}],
        },
        status=422 if form is not None and form.errors else 200,
    )


@public
@never_cache
@require_http_methods(["GET", "POST"])
def profile(request: Request) -> HttpResponse:
    """Say what I can do, when and how near (我能帮什么)."""
    now = timezone.now()
    asking = who.asking(request, now)
    if asking.person is None or asking.by is None:
        return redirect("volunteering:mine")
    form = ProfileForm.of(queries.profile_of(asking.person), request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.keep_profile(by=asking.by, person=asking.person, now=now, **form.cleaned_data)
        messages.success(request, "存好了，下面是您能接的岗位")
        return redirect(f"{reverse('volunteering:mine')}?person={asking.person.pk}")
    return render(
        request,
        "volunteering/profile.html",
        {
            "form": form,
            "person": asking.person,
            "crumbs": [
                {"label": "我的志愿服务", "url": reverse("volunteering:mine")},
                {"label": "我能帮什么"},
            ],
        },
        status=422 if form.errors else 200,
    )


@public
@require_POST
def issue(request: Request) -> HttpResponse:
    """Issue a certificate to whoever asks for their own (出证明)."""
    now = timezone.now()
    asking = who.asking(request, now)
    if asking.person is None or asking.by is None:
        return redirect("volunteering:mine")
    form = IssueForm(request.POST, today=today(now))
    if not form.is_valid():
        return _mine(request, form)
    certificate = services.issue_certificate(
        by=asking.by, person=asking.person, now=now, **form.cleaned_data
    )
    messages.success(request, f"出好了，编号{certificate.number}")
    return redirect("volunteering:certificate", pk=certificate.pk)


def _own(request: Request, pk: int) -> tuple[Certificate, Any, bool]:
    """Return a certificate, as whom it is looked at, and whether that is its holder."""
    asking = who.asking(request, timezone.now())
    for person in asking.people:
        found = queries.certificates_of(person).filter(pk=pk).select_related("person").first()
        if found is not None:
            by = request.user if rules.is_oneself(request.user, person.pk) else None
            return found, by or Oneself(person.pk), True
    return get_object_or_404(queries.certificates_seen_by(request.user), pk=pk), request.user, False


@public
@never_cache
@require_GET
def certificate(request: Request, pk: int) -> HttpResponse:
    """Show a certificate as it will be printed, and how much of it others see (我的证明)."""
    found, _, is_own = _own(request, pk)
    site = request.build_absolute_uri(reverse("volunteering:check"))
    sealed: Any = found.person.id_number
    return render(
        request,
        "volunteering/certificate.html",
        {
            **shown(found),
            "full_name": found.name,
            "says": found.says,
            "id_number": sealed.masked(mask_id) if sealed else "",
            "qr": mark_safe(papers.qr(paper.address_of(found, site))),  # noqa: S308  (made by segno)
            "site": site.split("://", 1)[-1],
            "check_url": paper.address_of(found, reverse("volunteering:check")),
            "is_own": is_own,
            "may_revoke": not found.revoked_at and rules.CERTIFY.allows(request.user, found),
            "crumbs": [
                {"label": "我的志愿服务", "url": reverse("volunteering:mine")},
                {"label": "志愿服务证明"},
            ],
        },
    )


@public
@never_cache
@require_GET
def certificate_pdf(request: Request, pk: int) -> HttpResponse:
    """Give the certificate as PDF; the whole ID number only to its holder who asks for it (打印)."""
    found, by, _ = _own(request, pk)
    shown_id = services.print_certificate(
        by=by, certificate=found, with_full_id=request.GET.get("id") == "full", now=timezone.now()
    )
    site = request.build_absolute_uri(reverse("volunteering:check"))
    response = HttpResponse(
        paper.certificate_pdf(found, site, shown_id), content_type="application/pdf"
    )
    response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response


@public
@require_POST
def show(request: Request, pk: int) -> HttpResponse:
    """Say how much of a certificate others see (露多少)."""
    found, by, _ = _own(request, pk)
    services.show_certificate(
        by=by,
        certificate=found,
        shows_rows="shows_rows" in request.POST,
        shows_teams="shows_teams" in request.POST,
        now=timezone.now(),
    )
    messages.success(request, "存好了，纸上和扫码看到的都照这样")
    return redirect("volunteering:certificate", pk=pk)
