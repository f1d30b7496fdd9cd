"""One organization: what the registrar says, its rating, reports and stages, and the desks that change them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from gongzhi.audit import queries as audit
from gongzhi.directory import queries, rules, services
from gongzhi.directory.forms import (
    AmendOrganizationForm,
    EndOrganizationForm,
    IncomeForm,
    OpenForm,
    OpenReportsForm,
    OrganizationForm,
    RateForm,
    ReportForm,
    RevokeForm,
    StageForm,
)
from gongzhi.directory.models import AnnualReport, Organization, Rating, SocialEnterprise
from gongzhi.places.queries import spoken_path
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Permission
from gongzhi.ui.doors import Request, needs
from gongzhi.ui.phrasing import left_days

from .frame import Crumbs, crumbs, form_page, list_of, sent

Kind, Status = Organization.Kind, Organization.Status
SHAPES = {
    Status.ACTIVE: "ok",
    Status.SUSPENDED: "now",
    Status.ENDED: "wait",
    Status.REVOKED: "bad",
}
OUTCOMES = {"due": "wait", "filed": "ok", "passed": "ok", "basic": "now", "failed": "bad"}
_DAY = timedelta(days=1)


def _found(rows: QuerySet, pk: int) -> Any:
    """:raises Http404: it is not among what the person may see."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _organization(request: Request, pk: int, permission: Permission) -> Organization:
    """:raises Http404: the person does not hold *permission* over such an organization."""
    rows = Organization.objects.select_related("place")
    return _found(permission.among(rows, request.user), pk)


def _path(organization: Organization, *more: str) -> Crumbs:
    kind = (organization.get_kind_display(), list_of("organizations", kind=organization.kind))
    if not more:
        return crumbs(kind, organization.name)
    own = (organization.name, reverse("directory:organization", args=[organization.pk]))
    return crumbs(kind, own, *more)


def _form(
    request: Request,
    form: Any,
    organization: Organization,
    title: str,
    button: str,
    **named: Any,
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=title,
        button=button,
        back=reverse("directory:organization", args=[organization.pk]),
        path=_path(organization, title),
        **named,
    )


# --- the page ------------------------------------------------------------------------------------


@needs(rules.VIEW_ORGANIZATIONS)
@require_GET
def organization(request: Request, pk: int) -> HttpResponse:
    """Show everything that the directory says of an organization (一家组织)."""
    return _page(request, _organization(request, pk, rules.VIEW_ORGANIZATIONS))


def _page(request: Request, organization: Organization, **named: Any) -> HttpResponse:
    user = request.user
    day = today(timezone.now())
    path = organization.place.path
    ratings = list(organization.ratings.order_by("-valid_from"))
    stages = list(organization.stages.order_by("-since"))
    reports = list(organization.annual_reports.order_by("-year"))
    held = next((r for r in ratings if r.valid_from <= day < r.valid_until), None)
    stage = next((s for s in stages if s.since <= day and (s.until is None or day < s.until)), None)
    live = organization.ended_on is None
    rates = live and rules.RATE_ORGANIZATIONS.at(user, path)
    files = rules.FILE_REPORTS.at(user, path) or (
        organization.pk in rules.FILE_REPORTS.organizations(user)
    )
    last = held.valid_until - _DAY if held else None
    remind = rule("rating.remind-days", day).number
    return render(
        request,
        "directory/organization.html",
        {
            "organization": organization,
            "day": day,
            "shape": SHAPES[Status(organization.status)],
            "where": spoken_path(organization.place),
            "year_number": day.year - organization.registered_on.year + 1,
            "phone": _masked(organization.contact_phone),
            "held": held,
            "held_last": last,
            "held_left": (last - day).days if last else None,
            "ends_soon": bool(last and live and (last - day).days < remind),
            "stage": stage,
            "ratings": [_rating_row(r, day, rates) for r in ratings],
            "stages": [
                (s, s.until and s.until - _DAY, s == stage, s.until is not None and s.until <= day)
                for s in stages
            ],
            "reports": [(r, _standing(r, day), OUTCOMES[r.outcome]) for r in reports],
            "due": _due(reports, held, day, remind, files and live, live),
            "teams": queries.teams_of(organization),
            "incomes": queries.incomes_of(organization.place_id)
            if organization.kind == Kind.COLLECTIVE
            else (),
            "course": [
                {"what": s.what, "when": s.day, "note": s.note, "hot": i == 0}
                for i, s in enumerate(queries.course_of(organization))
            ],
            "log": audit.lines_about(organization, 8),
            "amends": live
            and (
                rules.KEEP_ORGANIZATIONS.at(user, path)
                or organization.pk in rules.AMEND_OWN_ORGANIZATION.organizations(user)
            ),
            "keeps": live and rules.KEEP_ORGANIZATIONS.at(user, path),
            "rates": rates and organization.kind in Organization.SOCIAL,
            "advances": rates and organization.kind == Kind.ENTERPRISE,
            "files": files and live,
            "opens": rules.OPEN_NUMBERS.at(user, path),
            "keeps_teams": live
            and (
                rules.KEEP_TEAMS.at(user, path)
                or organization.pk in rules.KEEP_TEAMS.organizations(user)
            ),
            "open_form": OpenForm(auto_id="open-%s"),
            "crumbs": _path(organization),
            **named,
        },
    )


def _masked(phone: Any) -> str:
    return phone.masked(mask_phone) if phone else ""


def _rating_row(rating: Rating, day: date, rates: bool) -> dict[str, Any]:
    if rating.revoked_on:
        words, shape = f"{say_day(rating.revoked_on)}取消", "bad"
    elif day < rating.valid_from:
        words, shape = "还没开始", "wait"
    elif day < rating.valid_until:
        words, shape = "现在有效", "ok"
    else:
        words, shape = "到期了", "wait"
    return {
        "rating": rating,
        "last": rating.valid_until - _DAY,
        "words": words,
        "shape": shape,
        "revocable": rates and shape in ("ok", "wait") and day < rating.valid_until,
    }


def _standing(report: AnnualReport, day: date) -> str:
    if report.filed_on:
        return report.get_outcome_display()
    return f"逾期{(day - report.due_on).days}天" if day >= report.late_from else "待报"


def _due(
    reports: list[AnnualReport],
    held: Rating | None,
    day: date,
    remind: int,
    files: bool,
    live: bool,
) -> list[dict[str, Any]]:
    """Return what must be done by when: reports that have not come, the rating's end, the last report that came."""
    found: list[dict[str, Any]] = []
    for report in reversed([r for r in reports if not r.filed_on] if live else []):
        late = day >= report.late_from
        found.append(
            {
                "what": f"{report.year}年度工作报告",
                "url": reverse("directory:file-report", args=[report.pk]) if files else "",
                "status": "逾期没报" if late else "还没报",
                "kind": "bad" if late else "wait",
                "note": f"{say_day(report.due_on)}前交",
                "when": left_days(report.due_on, day),
                "date": report.due_on,
            }
        )
    if held and live:
        last = held.valid_until - _DAY
        near = (last - day).days < remind
        found.append(
            {
                "what": "评估复评",
                "status": "该准备了" if near else "还早",
                "kind": "now" if near else "wait",
                "note": f"{held.grade}A到{say_day(last)}",
                "when": left_days(last, day),
                "date": last,
            }
        )
    came = next((r for r in reports if r.filed_on), None)
    if came and came.filed_on:
        found.append(
            {
                "what": f"{came.year}年度工作报告",
                "status": "交了",
                "kind": "ok",
                "note": f"{say_day(came.filed_on)}交，{came.get_outcome_display()}"
                if came.outcome != "filed"
                else f"{say_day(came.filed_on)}交",
            }
        )
    return found


@needs(rules.OPEN_NUMBERS)
@never_cache
@require_http_methods(["GET", "POST"])
def open_contact(request: Request, pk: int) -> HttpResponse:
    """Show the contact's telephone once, for a reason that is kept (打开联系电话)."""
    organization = _organization(request, pk, rules.OPEN_NUMBERS)
    form = OpenForm(sent(request))
    if form.is_valid():
        opened = services.open_contact(
            by=request.user,
            organization=organization,
            reason=form.reason,
            now=timezone.now(),
        )
        return _page(request, organization, opened=opened or "没有登记电话")
    return _form(
        request, form, organization, "打开联系电话", "记下理由，打开",
        note="只在打开的那一页上显示。谁打开的、为什么，记在留痕里。",
    )  # fmt: skip


# --- desks ---------------------------------------------------------------------------------------


@needs(rules.KEEP_ORGANIZATIONS)
@require_http_methods(["GET", "POST"])
def register(request: Request) -> HttpResponse:
    """Enter an organization into the directory (登记组织)."""
    form = OrganizationForm(
        sent(request), by=request.user, initial={"kind": request.GET.get("kind", "")}
    )
    if form.is_valid():
        made = services.register_organization(
            by=request.user,
            now=timezone.now(),
            **form.cleaned_data,
        )
        messages.success(request, f"{made.name}登记好了")
        return redirect("directory:organization", pk=made.pk)
    return form_page(
        request, form, title="登记组织", button="登记", back=reverse("directory:hub"),
        path=crumbs("登记组织"), note="一次登记很多家，用“导入登记表”。同一个代码、同一个备案编号只能有一家。",
    )  # fmt: skip


@needs(rules.KEEP_ORGANIZATIONS, rules.AMEND_OWN_ORGANIZATION)
@require_http_methods(["GET", "POST"])
def amend(request: Request, pk: int) -> HttpResponse:
    """Correct what the directory says of an organization (更正组织登记)."""
    organization = _organization(request, pk, rules.VIEW_ORGANIZATIONS)
    user = request.user
    keeps = rules.KEEP_ORGANIZATIONS.at(user, organization.place.path)
    if not keeps and organization.pk not in rules.AMEND_OWN_ORGANIZATION.organizations(user):
        raise PermissionDenied(rules.KEEP_ORGANIZATIONS.code)
    form = AmendOrganizationForm(sent(request), by=user, organization=organization, own=not keeps)
    if form.is_valid():
        services.amend_organization(
            by=user,
            organization=organization,
            changes=form.changes,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{organization.name}的登记改好了")
        return redirect("directory:organization", pk=pk)
    note = "改前改后都记在留痕里。类别不能改；类别变了，注销这一家，另立一家。"
    if not keeps:
        note = "这里改联系方式和简介。名称、代码、日期照登记机关的，要改请村社或镇街办。"
    return _form(request, form, organization, "更正登记", "存上", note=note)


@needs(rules.RATE_ORGANIZATIONS)
@require_http_methods(["GET", "POST"])
def rate(request: Request, pk: int) -> HttpResponse:
    """Register a rating (登记评估等级)."""
    organization = _organization(request, pk, rules.RATE_ORGANIZATIONS)
    form = RateForm(sent(request), organization=organization)
    if form.is_valid():
        rating = services.rate_organization(
            by=request.user,
            organization=organization,
            now=timezone.now(),
            **form.cleaned_data,
        )
        last = say_day(rating.valid_until - _DAY)
        messages.success(request, f"{organization.name}登记为{rating.grade}A，有效到{last}")
        return redirect("directory:organization", pk=pk)
    years = rule("rating.validity-years", today(timezone.now())).number
    return _form(
        request, form, organization, "登记评估等级", "登记等级",
        note=f"等级有效{years}年，到期那天自动不再计入。还有效的旧等级到新等级那天为止。",
    )  # fmt: skip


@needs(rules.VIEW_ORGANIZATIONS)
@require_GET
def rating(request: Request, pk: int) -> HttpResponse:
    """Open the organization that a rating is of (等级所在的组织)."""
    return _to(request, Rating, pk, "ratings")


@needs(rules.VIEW_ORGANIZATIONS)
@require_GET
def stage(request: Request, pk: int) -> HttpResponse:
    """Open the enterprise that a stage is of (阶段所在的企业)."""
    return _to(request, SocialEnterprise, pk, "stages")


@needs(rules.VIEW_ORGANIZATIONS)
@require_GET
def report(request: Request, pk: int) -> HttpResponse:
    """Open the organization that owes a yearly report (年报所在的组织)."""
    return _to(request, AnnualReport, pk, "reports")


def _to(request: Request, model: Any, pk: int, part: str) -> HttpResponse:
    seen = queries.organizations(request.user)
    found = _found(model.objects.filter(organization__in=seen), pk)
    address = reverse("directory:organization", args=[found.organization_id])
    return redirect(f"{address}#{part}")


@needs(rules.RATE_ORGANIZATIONS)
@require_http_methods(["GET", "POST"])
def revoke(request: Request, pk: int) -> HttpResponse:
    """Take a rating away (取消评估等级)."""
    rated = rules.RATE_ORGANIZATIONS.among(Organization.objects.all(), request.user)
    rows = Rating.objects.filter(organization__in=rated).select_related("organization__place")
    held: Rating = _found(rows, pk)
    form = RevokeForm(sent(request))
    if form.is_valid():
        services.revoke_rating(
            by=request.user,
            rating=held,
            now=timezone.now(),
            **form.cleaned_data,
        )
        messages.success(request, f"{held.organization.name}的{held.grade}A取消了")
        return redirect("directory:organization", pk=held.organization_id)
    return _form(
        request, form, held.organization, f"取消{held.grade}A等级", "取消这个等级", danger=True,
        note="从取消那天起不再计入“3A以上”；以前的数不变。取消了不能恢复，要恢复就重新登记。",
    )  # fmt: skip


@needs(rules.FILE_REPORTS)
@require_http_methods(["GET", "POST"])
def file_report(request: Request, pk: int) -> HttpResponse:
    """Note that a yearly report came, or its outcome (登记年度报告)."""
    rows = AnnualReport.objects.select_related("organization__place")
    owed: AnnualReport = _found(rules.FILE_REPORTS.among(rows, request.user), pk)
    initial: dict[str, Any] = {"filed_on": owed.filed_on or today(timezone.now())}
    if not owed.filed_on:
        initial["outcome"] = AnnualReport.Outcome.FILED
    form = ReportForm(sent(request), report=owed, initial=initial)
    if form.is_valid():
        services.file_annual_report(
            by=request.user,
            report=owed,
            now=timezone.now(),
            **form.cleaned_data,
        )
        messages.success(request, f"{owed.organization.name}的{owed.year}年度报告记下了")
        return redirect("directory:organization", pk=owed.organization_id)
    return _form(
        request, form, owed.organization, f"登记{owed.year}年度报告", "记下",
        note=f"这一份{say_day(owed.due_on)}前交。"
        + ("已经报过，这里只改结论。" if owed.filed_on else "结论还没出来的选“已报”。"),
    )  # fmt: skip


@needs(rules.OPEN_REPORTS)
@require_http_methods(["GET", "POST"])
def open_reports(request: Request) -> HttpResponse:
    """Open the yearly reports that are owed for a year (开启年度报告)."""
    now = timezone.now()
    form = OpenReportsForm(sent(request), initial={"year": today(now).year - 1})
    if form.is_valid():
        year = form.cleaned_data["year"]
        made = services.open_annual_reports(by=request.user, year=year, now=now)
        messages.success(
            request, f"{year}年度开了{made:,}份" if made else f"{year}年度没有漏掉的，一份都没有添"
        )
        return redirect("directory:deadlines")
    return form_page(
        request, form, title="开启年度报告", button="开启", back=reverse("directory:hub"),
        path=crumbs("开启年度报告"),
        note="给那一年年底在册的社会组织各开一份，按类别写上截止日；已经有的不动。",
    )  # fmt: skip


@needs(rules.RATE_ORGANIZATIONS)
@require_http_methods(["GET", "POST"])
def advance(request: Request, pk: int) -> HttpResponse:
    """Register the next stage on the way to 社会企业 (登记社会企业阶段)."""
    organization = _organization(request, pk, rules.RATE_ORGANIZATIONS)
    last = organization.stages.order_by("-since").first()
    form = StageForm(sent(request), last=last)
    if form.is_valid():
        made = services.advance_social_enterprise(
            by=request.user,
            organization=organization,
            now=timezone.now(),
            **form.cleaned_data,
        )
        messages.success(request, f"{organization.name}登记为{made.get_stage_display()}")
        return redirect("directory:organization", pk=pk)
    return _form(
        request, form, organization, "登记社会企业阶段", "登记阶段",
        note=f"现在是“{last.get_stage_display()}”，到新阶段那天为止。" if last else "还没有登记过阶段。",
    )  # fmt: skip


@needs(rules.KEEP_ORGANIZATIONS)
@require_http_methods(["GET", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """End an organization's registration (注销／撤销)."""
    organization = _organization(request, pk, rules.KEEP_ORGANIZATIONS)
    form = EndOrganizationForm(sent(request))
    if form.is_valid():
        services.end_organization(
            by=request.user,
            organization=organization,
            on=form.cleaned_data["on"],
            reason=form.cleaned_data["reason"],
            revoked=form.cleaned_data["how"] == "revoked",
            now=timezone.now(),
        )
        messages.success(request, f"{organization.name}的登记结束了")
        return redirect("directory:organization", pk=pk)
    return _form(
        request, form, organization, "注销或撤销登记", "结束登记", danger=True,
        note="结束以后不能恢复，也不能再改；从那天起不再计入，以前的数不变，记录都留着。",
    )  # fmt: skip


@needs(rules.KEEP_INCOMES)
@require_http_methods(["GET", "POST"])
def record_income(request: Request) -> HttpResponse:
    """Register what a collective earned in a year (登记集体经济收入)."""
    now = timezone.now()
    form = IncomeForm(sent(request), by=request.user, initial={"year": today(now).year - 1})
    if form.is_valid():
        given = form.cleaned_data
        kept = services.record_income(
            by=request.user,
            place=given["place"],
            year=given["year"],
            income_fen=given["income"],
            organization=given["organization"],
            now=now,
        )
        messages.success(request, f"{kept.place.name}{kept.year}年的集体收入记下了")
        return redirect(list_of("collective", place=kept.place_id))
    return form_page(
        request, form, title="登记集体经济收入", button="记下", back=reverse("directory:hub"),
        path=crumbs("登记集体经济收入"),
        note="按村（社区）一年一条；同一年再登一次就是更正，改前改后都留痕。",
    )  # fmt: skip
