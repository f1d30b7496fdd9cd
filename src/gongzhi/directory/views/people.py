"""One person: what is registered in their name, the numbers behind a reason, and whether two records are one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from gongzhi.audit import queries as audit
from gongzhi.directory import duplicates, queries, rules, services
from gongzhi.directory.forms import (
    AmendPersonForm,
    AnswerForm,
    DecideForm,
    EndForm,
    OpenForm,
    PersonForm,
    SplitForm,
    VolunteerForm,
)
from gongzhi.directory.models import Candidate, Dispute, Merge, Person, Volunteer
from gongzhi.directory.paging import candidate_page, dispute_page
from gongzhi.places.queries import spoken_path
from gongzhi.shared.calendar import local, today, working_days_between
from gongzhi.shared.codes import mask_address, mask_id, mask_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor, Permission
from gongzhi.ui.doors import Request, needs

from .frame import Crumbs, crumbs, form_page, list_of, sent

ALL = ("志愿者", "volunteers")


def _path(*more: tuple[str, str] | str) -> Crumbs:
    return crumbs((ALL[0], list_of(ALL[1])), *more)


def _own(person: Person) -> tuple[str, str]:
    return person.name, reverse("directory:person", args=[person.pk])


def _person(request: Request, pk: int, permission: Permission) -> Person:
    """
    Return the very record with this number.

    :raises Http404: the person does not hold *permission* over it.
    """
    rows = Person.objects.select_related("place")
    found = permission.among(rows, request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _form(
    request: Request, form: Any, person: Person, title: str, button: str, **named: Any
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=title,
        button=button,
        back=reverse("directory:person", args=[person.pk]),
        path=_path(_own(person), title),
        **named,
    )


# --- the page ------------------------------------------------------------------------------------


@needs(rules.VIEW_PEOPLE)
@never_cache
@require_GET
def person(request: Request, pk: int) -> HttpResponse:
    """Show what is registered in somebody's name, numbers masked (一个人)."""
    found = _person(request, pk, rules.VIEW_PEOPLE)
    if found.merged_into_id:
        return redirect("directory:person", pk=found.merged_into_id)
    return _page(request, found)


@needs(rules.VIEW_PEOPLE)
@never_cache
@require_GET
def volunteer(request: Request, pk: int) -> HttpResponse:
    """Show whose registration this is, also to those who see only the registration (志愿者)."""
    rows = rules.VIEW_PEOPLE.among(Volunteer.objects.all(), request.user)
    registration = rows.filter(pk=pk).select_related("person").first()
    if registration is None:
        raise Http404
    head = Person.objects.select_related("place").get(pk=registration.person.standing_id)
    if rules.VIEW_PEOPLE.at(request.user, head.place.path):
        return redirect("directory:person", pk=head.pk)
    return _page(request, head)


def _page(request: Request, person: Person, **named: Any) -> HttpResponse:
    user = request.user
    now = timezone.now()
    path = person.place.path
    registered = queries.registrations_of(person)
    live = _live(registered)
    pairs = (
        list(queries.candidates_of(user, person)[:5]) if rules.MERGE_PEOPLE.at(user, path) else []
    )
    erased = person.erased_at is not None
    keeps = not erased and rules.KEEP_PEOPLE.at(user, path)
    return render(
        request,
        "directory/person.html",
        {
            "person": person,
            "where": spoken_path(person.place),
            "volunteer": live,
            "stand": _stand(live),
            "numbers": [
                ("身份证号", _masked(person.id_number, mask_id)),
                ("手机号", _masked(person.phone, mask_phone)),
                ("住址", _masked(person.address, mask_address)),
            ],
            "birth": say_day(person.birth_on)
            if person.birth_on
            else (f"{person.birth_year}年" if person.birth_year else ""),
            "rows": _rows(user, registered),
            "pairs": pairs,
            "pair": _pair(pairs[0], person) if pairs else None,
            "decide_form": DecideForm(auto_id="decide-%s"),
            "merges": [(m, rules.MERGE_PEOPLE.at(user, path)) for m in queries.merges_of(person)],
            "openings": queries.openings_of(person, now=now),
            "disputes": [d for d in registered.disputes if d.state == Dispute.State.OPEN],
            "answers": rules.ANSWER_DISPUTES.anywhere(user),
            "keeps": keeps,
            "opens": not erased and rules.OPEN_NUMBERS.at(user, path),
            "minutes": rule("personal-data.open-minutes", today(now)).number,
            "open_form": OpenForm(auto_id="open-%s"),
            "log": audit.lines_about(person, 8),
            "crumbs": _path(person.name),
            **named,
        },
    )


def _masked(kept: Any, mask: Any) -> str:
    return kept.masked(mask) if kept else ""


def _live(registered: queries.Registrations) -> Volunteer | None:
    return next((v for v in registered.volunteering if v.ended_on is None), None)


def _stand(volunteer: Volunteer | None) -> tuple[str, str]:
    if volunteer is None:
        return "没有志愿者登记", "wait"
    if volunteer.confirmed_on:
        return "本人确认", "ok"
    return f"{volunteer.get_source_display()}，本人还没确认", "wait"


def _rows(user: Actor, registered: queries.Registrations) -> list[dict[str, Any]]:
    """Return where somebody is registered, what holds first (在哪里登记着)."""
    disputed = {
        (d.volunteer_id, d.membership_id)
        for d in registered.disputes
        if d.state == Dispute.State.OPEN
    }
    found = []
    for v in registered.volunteering:
        found.append(
            {
                "what": f"志愿者 {v.number}",
                "sub": str(v.place),
                "part": "志愿者",
                "since": v.registered_on,
                "until": v.ended_on,
                "how": v.get_ended_how_display(),
                "confirmed": v.confirmed_on,
                "source": v.get_source_display(),
                "consent": v.consent,
                "disputed": (v.pk, None) in disputed,
                "end": reverse("directory:end-volunteer", args=[v.pk])
                if v.ended_on is None and rules.KEEP_PEOPLE.at(user, v.place.path)
                else "",
            }
        )
    teams = rules.VIEW_TEAMS.paths(user)
    for m in registered.memberships:
        path = m.team.place.path
        found.append(
            {
                "what": m.team.name,
                "url": reverse("directory:team", args=[m.team_id])
                if path.startswith(teams)
                else "",
                "sub": str(m.team.organization or m.team.place),
                "part": m.get_part_display(),
                "since": m.joined_on,
                "until": m.left_on,
                "how": m.get_left_how_display(),
                "confirmed": m.confirmed_on,
                "source": m.get_source_display(),
                "consent": m.consent,
                "disputed": (None, m.pk) in disputed,
                "end": reverse("directory:leave-team", args=[m.pk])
                if m.left_on is None and rules.KEEP_TEAMS.at(user, path)
                else "",
            }
        )
    return sorted(found, key=lambda row: row["until"] is not None)


# --- numbers -------------------------------------------------------------------------------------


@needs(rules.OPEN_NUMBERS)
@never_cache
@require_http_methods(["GET", "POST"])
def open_numbers(request: Request, pk: int) -> HttpResponse:
    """Show somebody's numbers for some minutes, for a reason they can read (打开号码)."""
    found = _person(request, pk, rules.OPEN_NUMBERS)
    if found.merged_into_id:
        return redirect("directory:person", pk=found.merged_into_id)
    now = timezone.now()
    form = OpenForm(sent(request))
    if form.is_valid():
        opened = services.open_number(by=request.user, person=found, reason=form.reason, now=now)
        page = _page(request, found, opened=opened, until=local(opened.until))
        # When the time is over the page goes back to the masked one by itself, without script.
        seconds = max(1, int((opened.until - now).total_seconds()))
        page["Refresh"] = f"{seconds}; url={reverse('directory:person', args=[pk])}"
        return page
    minutes = rule("personal-data.open-minutes", today(now)).number
    return _form(
        request, form, found, f"打开{found.name}的号码", "记下理由，打开",
        note=f"只对您显示{minutes}分钟。本人在“查我的登记”里看得到谁、什么时候、为什么打开过。",
    )  # fmt: skip


# --- desks ---------------------------------------------------------------------------------------


@needs(rules.KEEP_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def register(request: Request) -> HttpResponse:
    """Enter somebody into the directory at the counter, or find the record they have (登记居民)."""
    form = PersonForm(sent(request), by=request.user)
    if form.is_valid():
        made = services.register_person(by=request.user, now=timezone.now(), **form.cleaned_data)
        if request.POST.get("then") == "volunteer":
            messages.success(request, f"{made.name}在名册里了，接着写本人怎么同意的")
            return redirect("directory:register-volunteer", pk=made.pk)
        messages.success(request, f"{made.name}在名册里了")
        return redirect("directory:person", pk=made.pk)
    return form_page(
        request, form, title="登记居民", button="登记", back=reverse("directory:hub"),
        path=_path("登记居民"), more=("then", "volunteer", "登记，再登记为志愿者"),
        note="同一个人再登一次不会重：身份证号相同，或者姓名、出生年、手机号、村社都相同，会找到原来那一条。",
    )  # fmt: skip


@needs(rules.KEEP_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def amend(request: Request, pk: int) -> HttpResponse:
    """Correct what is kept of somebody (替本人更正)."""
    found = _person(request, pk, rules.KEEP_PEOPLE)
    form = AmendPersonForm(sent(request), by=request.user, person=found)
    if form.is_valid():
        services.amend_person(
            by=request.user,
            person=found,
            changes=form.changes,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{found.name}的登记改好了")
        return redirect("directory:person", pk=found.standing_id)
    return _form(
        request, form, found, "替本人更正", "存上",
        note="证件号、手机号和住址不显示，要改就填新的。改了哪几项、为什么改，本人看得到。",
    )  # fmt: skip


@needs(rules.KEEP_PEOPLE)
@require_http_methods(["GET", "POST"])
def register_volunteer(request: Request, pk: int) -> HttpResponse:
    """Register somebody as a volunteer, with how they agreed (代办志愿者登记)."""
    found = _person(request, pk, rules.KEEP_PEOPLE)
    form = VolunteerForm(sent(request), by=request.user, person=found)
    if form.is_valid():
        made = services.register_volunteer(
            by=request.user,
            person=found,
            now=timezone.now(),
            **form.cleaned_data,
        )
        messages.success(request, f"{found.name}登记为志愿者了，编号{made.number}")
        return redirect("directory:person", pk=found.standing_id)
    return _form(
        request, form, found, "登记为志愿者", "替本人登记",
        note="登记来源记为“他人代办”。本人在“查我的登记”里确认以后才算“本人确认”，不愿意可以马上退出。",
    )  # fmt: skip


@needs(rules.KEEP_PEOPLE)
@require_http_methods(["GET", "POST"])
def end_volunteer(request: Request, pk: int) -> HttpResponse:
    """End a registration as a volunteer for somebody (替人退出)."""
    rows = rules.KEEP_PEOPLE.among(Volunteer.objects.all(), request.user)
    registration = rows.filter(pk=pk).select_related("person", "place").first()
    if registration is None:
        raise Http404
    form = EndForm(sent(request))
    if form.is_valid():
        services.end_registration(
            by=request.user,
            registration=registration,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{registration.person.name}的志愿者登记退出了")
        return redirect("directory:volunteer", pk=pk)
    return _form(
        request, form, registration.person, f"退出志愿者登记 {registration.number}", "退出", danger=True,
        note="退出不是删除：以前的服务还在，以前的数不变。理由本人看得到。",
    )  # fmt: skip


# --- two that may be one -------------------------------------------------------------------------


def _pair(candidate: Candidate, this: Person | None = None) -> dict[str, Any]:
    """Return two records side by side, *this* at the left (并排的两条)."""
    left, right = candidate.first, candidate.second
    if this is not None and this.pk == right.pk:
        left, right = right, left
    ways = [duplicates.WAYS[w] for w in candidate.reasons.split(",") if w in duplicates.WAYS]
    return {
        "candidate": candidate,
        "left": left,
        "right": right,
        "left_note": f"{say_day(today(left.created_at))}建档",
        "right_note": f"{say_day(today(right.created_at))}建档",
        "why": "；".join(ways),
        "rows": [
            {
                "what": r.label,
                "left": r.first,
                "right": r.second,
                "verdict": r.verdict,
                "kind": r.shape,
            }
            for r in queries.compare(left, right)
        ],
    }


@needs(rules.MERGE_PEOPLE)
@require_GET
def candidates(request: Request) -> HttpResponse:
    """Show the pairs that wait to be compared (疑似重复)."""
    later = request.GET.get("later") == "1"
    page = candidate_page(request.user, later=later, after=request.GET.get("after", ""))
    kept = "later=1&" if later else ""
    return render(
        request,
        "directory/candidates.html",
        {
            "rows": [
                (c, [duplicates.WAYS[w] for w in c.reasons.split(",") if w in duplicates.WAYS])
                for c in page.rows
            ],
            "next": f"?{kept}after={page.next}" if page.next else "",
            "later": later,
            "sides": [
                {"label": "等着核的", "url": request.path, "current": not later},
                {"label": "先放着的", "url": "?later=1", "current": later},
            ],
            "crumbs": crumbs("疑似重复"),
        },
    )


@needs(rules.MERGE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def candidate(request: Request, pk: int) -> HttpResponse:
    """Compare two records and say whether they are one person (是不是同一个人)."""
    user = request.user
    form = DecideForm(sent(request), auto_id="decide-%s")
    if form.is_valid():
        found = get_object_or_404(
            Candidate.objects.select_related("first__place", "second__place"), pk=pk
        )
        decided = services.decide_candidate(
            by=user, candidate=found, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, _decided(decided))
        if decided.state == Candidate.State.MERGED:
            return redirect("directory:person", pk=decided.first_id)
        return redirect("directory:candidates")
    waiting = queries.candidates(user).filter(pk=pk).first()
    if waiting is None:
        raise Http404
    return render(
        request,
        "directory/candidate.html",
        {
            "pair": _pair(waiting),
            "decide_form": form,
            "title": f"是不是同一个人：{waiting.first.name}",
            "crumbs": crumbs(("疑似重复", reverse("directory:candidates")), waiting.first.name),
        },
        status=422 if form.errors else 200,
    )


def _decided(candidate: Candidate) -> str:
    return {
        Candidate.State.MERGED: "两条合并了，随时可以拆开",
        Candidate.State.DISTINCT: "记下了，不是一个人，以后不再提醒这一对",
        Candidate.State.LATER: "先放着了，在“先放着的”里找得到",
    }[Candidate.State(candidate.state)]


@needs(rules.MERGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def split(request: Request, pk: int) -> HttpResponse:
    """Take two merged records apart (拆开)."""
    kept = rules.MERGE_PEOPLE.among(Person.objects.all(), request.user).values("pk")
    merge = (
        Merge.objects.filter(pk=pk, into__in=kept, person__in=kept)
        .select_related("person", "into")
        .first()
    )
    if merge is None:
        raise Http404
    form = SplitForm(sent(request))
    if form.is_valid():
        services.split_people(
            by=request.user,
            merge=merge,
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
        messages.success(request, "拆开了，两条都和合并以前一样")
        return redirect("directory:person", pk=merge.into_id)
    return _form(
        request, form, merge.into, "拆开合并", "拆开",
        note="合并时一并结束的登记会恢复；合并以后本人自己改的不动。后来的合并要先拆。",
    )  # fmt: skip


# --- disputes ------------------------------------------------------------------------------------


def _clock(due: Any, now: Any) -> tuple[str, str]:
    """Return how much time is left for an answer, in working days, and the shape of its status (时限)."""
    if due < now:
        late = working_days_between(today(due), today(now), guess=True)
        return (f"超期{late}个工作日" if late else "今天已经到期"), "bad"
    if today(due) == today(now):
        return "今天到期", "now"
    left = working_days_between(today(now), today(due), guess=True)
    return f"还剩{left}个工作日", "now" if left <= 1 else "wait"


def _about(dispute: Dispute) -> str:
    if dispute.volunteer:
        return f"志愿者登记 {dispute.volunteer.number}"
    return f"{dispute.membership.team.name}的队员登记" if dispute.membership else ""


@needs(rules.ANSWER_DISPUTES)
@require_GET
def disputes(request: Request) -> HttpResponse:
    """Show what people say is wrong with their registrations, the most urgent first (登记异议)."""
    now = timezone.now()
    page = dispute_page(request.user, after=request.GET.get("after", ""))
    return render(
        request,
        "directory/disputes.html",
        {
            "rows": [(d, _about(d), *_clock(d.due_at, now)) for d in page.rows],
            "next": f"?{urlencode({'after': page.next})}" if page.next else "",
            "crumbs": crumbs("登记异议"),
        },
    )


@needs(rules.ANSWER_DISPUTES)
@require_http_methods(["GET", "POST"])
def dispute(request: Request, pk: int) -> HttpResponse:
    """Read one dispute and answer it (答复登记异议)."""
    user = request.user
    rows = Dispute.objects.select_related("person", "volunteer__place", "membership__team", "place")
    found = rules.ANSWER_DISPUTES.among(rows, user).filter(pk=pk).first()
    if found is None:
        raise Http404
    now = timezone.now()
    form = AnswerForm(sent(request))
    if form.is_valid():
        services.answer_dispute(
            by=user,
            dispute=found,
            upheld=form.cleaned_data["upheld"] == "yes",
            ends=form.cleaned_data["ends"],
            answer=form.cleaned_data["answer"],
            now=now,
        )
        messages.success(request, "答复好了，本人在“查我的登记”里看得到")
        return redirect("directory:dispute", pk=pk)
    registration = found.volunteer or found.membership
    return render(
        request,
        "directory/dispute.html",
        {
            "dispute": found,
            "about": _about(found),
            "registration": registration,
            "since": getattr(registration, "registered_on", None)
            or getattr(registration, "joined_on", None),
            "clock": _clock(found.due_at, now),
            "sees_person": rules.VIEW_PEOPLE.anywhere(user),
            "form": form,
            "log": audit.lines_about(found, 8),
            "crumbs": crumbs(("登记异议", reverse("directory:disputes")), found.person.name),
        },
        status=422 if form.errors else 200,
    )
