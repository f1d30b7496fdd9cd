"""The desk of the academy: courses, classes, who came, who completed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.academy import forms, paper, queries, rules, services
from gongzhi.academy.models import ClassRun, Completion, Course, Material
from gongzhi.audit import queries as audit
from gongzhi.directory.models import Person
from gongzhi.events import services as events
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Permission
from gongzhi.shared.refusals import Refused
from gongzhi.ui.desk import Crumbs, form_page, sent
from gongzhi.ui.doors import Request, needs

SHOWN_CLASSES = 60


def crumbs(*path: tuple[str, str] | str) -> Crumbs:
    """Return the path to a page of this room; each piece is (label, address) or the page's own name."""
    found: Crumbs = [{"label": "能力提升", "url": reverse("academy:desk")}]
    for piece in path:
        label, url = piece if isinstance(piece, tuple) else (piece, "")
        found.append({"label": label, "url": url})
    return found


def _class(request: Request, pk: int, *, runs: bool = True) -> ClassRun:
    """:raises Http404: it is not a class they may see, or run."""
    found = queries.class_seen_by(request.user, pk)
    if found is None or (runs and not rules.RUN.at(request.user, found.series.place.path)):
        raise Http404
    return found


def _of(run: ClassRun, *more: str) -> Crumbs:
    return crumbs((run.title, reverse("academy:class", args=[run.pk])), *more)


@needs(rules.SEE)
@require_GET
def desk(request: Request) -> HttpResponse:
    """Show the schools and the classes of one's places (能力提升)."""
    user = request.user
    return render(
        request,
        "academy/desk.html",
        {
            "schools": queries.schools(),
            "classes": queries.classes(user)[:SHOWN_CLASSES],
            "waiting": {run.pk for run in queries.ending_soon(user, timezone.now())},
            "runs": rules.RUN_AT.anywhere(user),
            "plans": rules.PLAN.at(user, queries.county_path()),
            "sees_courses": rules.SEE.at(user, queries.county_path()),
        },
    )


def _course(request: Request, pk: int, permission: Permission = rules.PLAN) -> Course:
    """:raises Http404: courses are the county's, and they hold *permission* over less."""
    if not permission.at(request.user, queries.county_path()):
        raise Http404
    return get_object_or_404(Course.objects.select_related("plan__school"), pk=pk)


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def new_course(request: Request) -> HttpResponse:
    """Enter a course (设课程)."""
    form = forms.CourseForm(sent(request), initial={"plan": request.GET.get("plan", "")})
    if form.is_valid():
        made = services.found_course(by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"“{made.title}”设好了，可以开班了")
        return redirect("academy:course", pk=made.pk)
    return form_page(
        request, form, title="设课程", button="设好", back=reverse("academy:desk"),
        path=crumbs("设课程"), note="同一门课开许多班，到几次课结业、交什么都照课程来。",
    )  # fmt: skip


@needs(rules.SEE)
@require_GET
def course(request: Request, pk: int) -> HttpResponse:
    """Show a course, its papers and its classes (一门课)."""
    found = _course(request, pk, rules.SEE)
    return render(
        request,
        "academy/course.html",
        {
            "course": found,
            "materials": queries.materials_of(found),
            "classes": queries.classes(request.user).filter(course=found)[:SHOWN_CLASSES],
            "waiting": {run.pk for run in queries.ending_soon(request.user, timezone.now())},
            "plans": rules.PLAN.at(request.user, queries.county_path()),
            "crumbs": crumbs(found.title),
        },
    )


@needs(rules.PLAN)
@require_POST
def end_course(request: Request, pk: int) -> HttpResponse:
    """Give a course no more (停课程)."""
    found = _course(request, pk)
    services.end_course(by=request.user, course=found, now=timezone.now())
    messages.success(request, f"“{found.title}”停了，在上的班照上完")
    return redirect("academy:desk")


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def add_material(request: Request, pk: int) -> HttpResponse:
    """Give a paper to those who learn (传学习资料)."""
    found = _course(request, pk)
    form = forms.MaterialForm(sent(request), request.FILES or None)
    back = reverse("academy:course", args=[pk])
    if form.is_valid():
        file = form.cleaned_data["file"]
        services.add_material(
            by=request.user, course=found, title=form.cleaned_data["title"], file=file,
            filename=file.name, now=timezone.now(),
        )  # fmt: skip
        messages.success(request, "资料传好了，学员都能下载")
        return redirect(back)
    return form_page(
        request, form, title="传学习资料", button="传上去", back=back,
        path=crumbs((found.title, back), "传学习资料"), note="谁都可以下载，不要传有个人信息的文件。",
    )  # fmt: skip


@needs(rules.PLAN)
@require_POST
def withdraw_material(request: Request, pk: int) -> HttpResponse:
    """Take a paper down (撤资料)."""
    found = get_object_or_404(Material, pk=pk, withdrawn_at=None)
    services.withdraw_material(by=request.user, material=found, now=timezone.now())
    messages.success(request, f"“{found.title}”撤下了")
    return redirect("academy:course", pk=found.course_id)


@needs(rules.RUN_AT)
@require_http_methods(["GET", "POST"])
def new_class(request: Request) -> HttpResponse:
    """Open a class with its sessions and the seats of towns (开班)."""
    now = timezone.now()
    form = forms.ClassForm(
        sent(request), by=request.user, now=now, initial={"course": request.GET.get("course", "")}
    )
    if form.is_valid():
        try:
            made = services.open_class(by=request.user, now=now, **form.cleaned_data)
        except Refused as refusal:
            field = getattr(refusal, "field", "")
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            messages.success(request, f"{made.title}开好了，看过再发布")
            return redirect("academy:class", pk=made.pk)
    return render(
        request,
        "academy/class_form.html",
        {"form": form, "crumbs": crumbs("开班")},
        status=422 if form.errors else 200,
    )


@needs(rules.SEE)
@require_GET
def class_run(request: Request, pk: int) -> HttpResponse:
    """Show a class: who came, the seats of towns, what completion takes (一个班)."""
    now = timezone.now()
    run = _class(request, pk, runs=False)
    sheet = queries.sheet_of(run, now, after=request.GET.get("after", ""))
    said, words = queries.feedback_of(run, 5)
    quotas = list(queries.quotas_of(run))
    following = next((s for s in sheet.sessions if s.event.ends_at > now), None)
    return render(
        request,
        "academy/class.html",
        {
            "run": run,
            "sheet": sheet,
            "columns": list(zip(sheet.sessions, sheet.totals, strict=True)),
            "tally": sheet.tally,
            "waiting": queries.line_of(run),
            "works": sheet.works,
            "quotas": quotas,
            "quota_sum": (
                sum(q.seats + q.returned for q in quotas),
                sum(q.taken for q in quotas),
                sum(q.returned for q in quotas),
            ),
            "following": following,
            "drafts": sum(s.event.status == "draft" for s in sheet.sessions),
            "said": said,
            "words": words,
            "runs": rules.RUN.at(request.user, run.series.place.path) and not run.closed_at,
            "over": following is None,
            "next_url": f"?{urlencode({'after': sheet.next})}" if sheet.next else "",
            "log": audit.lines_about(run, 8),
            "crumbs": crumbs(run.title),
        },
    )


@needs(rules.RUN)
@require_POST
def publish_class(request: Request, pk: int) -> HttpResponse:
    """Publish the sessions of a class (发布)."""
    run = _class(request, pk)
    events.publish_series(by=request.user, series=run.series, now=timezone.now())
    messages.success(request, "发布了，大家看得到、报得上")
    return redirect("academy:class", pk=pk)


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def mark(request: Request, pk: int, number: int, person: int) -> HttpResponse:
    """Change one cell of the sheet (改到课)."""
    run = _class(request, pk)
    session = get_object_or_404(run.sessions.select_related("event", "class_run"), number=number)
    who = get_object_or_404(Person, pk=person)
    form = forms.MarkForm(sent(request))
    back = reverse("academy:class", args=[pk])
    if form.is_valid():
        services.mark_attendance(
            by=request.user, session=session, person=who, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"{who.name}第{number}次课改好了")
        return redirect(back)
    return form_page(
        request, form, title=f"{who.name}第{number}次课", button="改好", back=back,
        path=_of(run, "改到课"), note="改了要写原因，谁改的、改成什么都留着。",
    )  # fmt: skip


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def work(request: Request, pk: int, person: int) -> HttpResponse:
    """Note what a learner handed in (收作业)."""
    run = _class(request, pk)
    who = get_object_or_404(Person, pk=person)
    now = timezone.now()
    form = forms.WorkForm(sent(request), initial={"received_on": today(now)})
    back = reverse("academy:learner", args=[pk, person])
    if form.is_valid():
        services.receive_work(by=request.user, run=run, person=who, now=now, **form.cleaned_data)
        messages.success(request, f"{who.name}的作业收到了")
        return redirect(back)
    return form_page(
        request, form, title=f"收{who.name}的作业", button="收到了", back=back,
        path=_of(run, "收作业"), note=f"这个班要交：{run.work or '不用交'}。只记收到没有，不打分。",
    )  # fmt: skip


@needs(rules.SEE)
@require_GET
def learner(request: Request, pk: int, person: int) -> HttpResponse:
    """Show one learner of a class and what is missing (一个学员)."""
    run = _class(request, pk, runs=False)
    who = get_object_or_404(Person, pk=person)
    found = queries.learner(run, who, timezone.now())
    if found is None:
        raise Http404
    return render(
        request,
        "academy/learner.html",
        {
            "run": run,
            "one": found,
            "work": run.works.filter(person=who).first(),
            "runs": rules.RUN.at(request.user, run.series.place.path) and not run.closed_at,
            "form": forms.CompleteForm(),
            "crumbs": _of(run, who.name),
        },
    )


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def complete(request: Request, pk: int, person: int) -> HttpResponse:
    """Say that a learner completed, with a reason when something is missing (办结业)."""
    run = _class(request, pk)
    who = get_object_or_404(Person, pk=person)
    now = timezone.now()
    found = queries.learner(run, who, now)
    back = reverse("academy:learner", args=[pk, person])
    if found is None:
        raise Http404
    if request.method == "POST" and found.is_enough:
        services.complete_learner(by=request.user, run=run, person=who, now=now)
        messages.success(request, f"{who.name}结业了")
        return redirect(back)
    form = forms.CompleteForm(sent(request))
    if form.is_valid():
        services.complete_learner(
            by=request.user, run=run, person=who, now=now, **form.cleaned_data
        )
        messages.success(request, f"{who.name}结业了，理由记下了")
        return redirect(back)
    return form_page(
        request, form, title=f"办{who.name}的结业", button="办结业", back=back,
        path=_of(run, "办结业"), note=f"{who.name}{found.missing}。要办就写明理由，名字和理由都留着。",
    )  # fmt: skip


@needs(rules.RUN)
@require_POST
def complete_all(request: Request, pk: int) -> HttpResponse:
    """Complete everybody who may (给够条件的都办结业)."""
    run = _class(request, pk)
    count = services.complete_class(by=request.user, run=run, now=timezone.now())
    messages.success(request, f"{count}人结业了，可以打印证书了" if count else "没有新的够条件的人")
    return redirect("academy:class", pk=pk)


@needs(rules.RUN)
@require_POST
def close(request: Request, pk: int) -> HttpResponse:
    """Close a class (结班)."""
    run = _class(request, pk)
    services.close_class(by=request.user, run=run, now=timezone.now())
    messages.success(request, f"{run.title}结班了")
    return redirect("academy:class", pk=pk)


def _completion(request: Request, pk: int, *, runs: bool = False) -> Completion:
    rows = Completion.objects.select_related(
        "class_run__series__place", "class_run__course__plan__school", "person__place"
    )
    found = rules.SEE_COMPLETIONS.among(rows, request.user).filter(pk=pk).first()
    path = found.class_run.series.place.path if found else ""
    if found is None or (runs and not rules.RUN.at(request.user, path)):
        raise Http404
    return found


@needs(rules.SEE)
@require_GET
def certificate(request: Request, pk: int) -> HttpResponse:
    """Show a completion and print its certificate (结业证)."""
    found = _completion(request, pk)
    return render(
        request,
        "academy/certificate.html",
        {
            "one": found,
            "runs": rules.RUN.at(request.user, found.class_run.series.place.path),
            "log": audit.lines_about(found, 8),
            "crumbs": _of(found.class_run, found.number),
        },
    )


@needs(rules.SEE)
@require_GET
def certificate_pdf(request: Request, pk: int) -> HttpResponse:
    """Send the certificate as PDF (结业证PDF)."""
    found = _completion(request, pk)
    site = request.build_absolute_uri(reverse("academy:verify"))
    answer = HttpResponse(paper.certificate_pdf(found, site), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@needs(rules.RUN)
@require_http_methods(["GET", "POST"])
def revoke(request: Request, pk: int) -> HttpResponse:
    """Revoke a completion (作废结业)."""
    found = _completion(request, pk, runs=True)
    form = forms.RevokeForm(sent(request))
    back = reverse("academy:certificate", args=[pk])
    if form.is_valid():
        services.revoke_completion(
            by=request.user, completion=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"证书{found.number}作废了")
        return redirect(back)
    return form_page(
        request, form, title=f"作废证书{found.number}", button="作废", danger=True, back=back,
        path=_of(found.class_run, "作废"), note="作废以后不能恢复；扫码核验的人会看到已经作废和原因。",
    )  # fmt: skip
