"""The lists of this room: what a figure opens, what is filtered, printed and exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, TextChoices
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import escape

from gongzhi.shared.codes import mask_address, mask_id, mask_phone
from gongzhi.shared.listings import Choice, Listing, Shown, moment_day
from gongzhi.shared.money import Money
from gongzhi.shared.sealed import Sealed
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from . import measures, rules
from .models import (
    AnnualReport,
    CollectiveYear,
    Membership,
    Organization,
    Person,
    Rating,
    SocialEnterprise,
    Source,
    Team,
    Volunteer,
)

_OF_ORGANIZATION = replace(
    rules.VIEW_ORGANIZATIONS, place="organization__place", organization="organization"
)


def _status(shape: str, words: str) -> str:
    return f'<span class="status {shape}">{escape(words)}</span>'


def _masked(mask: Callable[[str], str]) -> Any:
    return lambda sealed: sealed.masked(mask) if sealed else ""


def _mask_cell(mask: Callable[[str], str]) -> Any:
    return lambda sealed: f'<span class="mask">{sealed.masked(mask)}</span>' if sealed else ""


def _plain(sealed: Sealed | None) -> str:
    return sealed.open() if sealed else ""


def _labels(choices: type[TextChoices]) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices.choices}


def _day(key: str, label: str, field: str) -> Shown:
    return Shown(key=key, label=label, fields=(field,), text=moment_day)


def _last_day(key: str, label: str, field: str) -> Shown:
    return Shown(key=key, label=label, fields=(field,), text=_before)


def _before(after: date | None) -> str:
    return moment_day(after and date.fromordinal(after.toordinal() - 1))


def _one_of(key: str, label: str, field: str, choices: type[TextChoices]) -> Choice:
    """Return a filter on one field with the choices of its kind."""
    values = frozenset(str(v) for v in choices.values)
    return Choice(
        key=key,
        label=label,
        choices=lambda: tuple((str(v), str(w)) for v, w in choices.choices),
        narrow=lambda rows, value, on: rows.filter(**{field: value}) if value in values else rows,
    )


# --- organizations ------------------------------------------------------------------------------

_KINDS = _labels(Organization.Kind)
_STANDINGS = _labels(Organization.Status)
_STANDING_SHAPES = {"active": "ok", "suspended": "now", "ended": "off", "revoked": "bad"}


def find_organizations(rows: QuerySet, words: str, path: str = "") -> QuerySet:
    """Keep the rows whose organization is called like *words* or has that code (按名称或代码找)."""
    code = words.strip().upper()
    if len(code) == 18 and code.isascii():
        return rows.filter(**{f"{path}uscc": code})
    tokens = " ".join(query_bigrams(words))
    return matching(rows, tokens, model=Organization, pk=f"{path}pk")


def _open_organization(field: str) -> Shown:
    return Shown(key="name", label="名称", fields=(f"{field}name",))


ORGANIZATIONS = Listing(
    key="directory.organizations",
    label="组织",
    unit="家",
    records=lambda: Organization.objects.exclude(status=Organization.Status.WITHDRAWN),
    permission=rules.VIEW_ORGANIZATIONS,
    columns=(
        _open_organization(""),
        Shown(key="kind", label="类别", fields=("kind",), text=_KINDS.__getitem__),
        Shown(key="place", label="所在地", fields=("place__name",)),
        Shown(key="uscc", label="统一社会信用代码", fields=("uscc",)),
        Shown(key="filing", label="备案编号", fields=("filing_number",), wide=False),
        _day("registered", "登记（备案）日期", "registered_on"),
        Shown(
            key="status",
            label="状态",
            fields=("status",),
            text=_STANDINGS.__getitem__,
            cell=lambda status: _status(_STANDING_SHAPES[status], _STANDINGS[status]),
        ),
        Shown(key="field", label="业务领域", fields=("field",)),
        Shown(
            key="representative", label="法定代表人", fields=("legal_representative",), wide=False
        ),
        Shown(key="contact", label="联系人", fields=("contact_name",), wide=False),
        Shown(
            key="phone",
            label="联系电话",
            fields=("contact_phone",),
            text=_masked(mask_phone),
            cell=_mask_cell(mask_phone),
            full=_plain,
        ),
    ),
    filters=(
        _one_of("kind", "类别", "kind", Organization.Kind),
        _one_of("status", "状态", "status", Organization.Status),
    ),
    find=find_organizations,
    find_label="名称或信用代码",
    opens=lambda pk: reverse("directory:organization", args=(pk,)),
    personal=True,
    everything=lambda day: measures.ORGANIZATIONS.on(day),
)

RATINGS = Listing(
    key="directory.ratings",
    label="评估等级",
    unit="家",
    records=lambda: Rating.objects.all(),
    permission=_OF_ORGANIZATION,
    place="organization__place",
    columns=(
        _open_organization("organization__"),
        Shown(key="grade", label="等级", fields=("grade",), text=lambda grade: f"{grade}A"),
        Shown(key="place", label="所在地", fields=("organization__place__name",)),
        _day("from", "评定日期", "valid_from"),
        _last_day("until", "有效到", "valid_until"),
        Shown(key="authority", label="评估机关", fields=("authority",)),
        Shown(key="document", label="文号", fields=("document",)),
    ),
    filters=(
        Choice(
            key="grade",
            label="等级",
            choices=lambda: tuple((str(n), f"{n}A") for n in range(5, 0, -1)),
            narrow=lambda rows, value, on: (
                rows.filter(grade=value) if value in {"1", "2", "3", "4", "5"} else rows
            ),
        ),
    ),
    find=lambda rows, words: find_organizations(rows, words, "organization__"),
    find_label="组织名称或信用代码",
    opens=lambda pk: reverse("directory:rating", args=(pk,)),
    everything=lambda day: measures.RATED.on(day),
)

_STAGES = _labels(SocialEnterprise.Stage)
STAGES = Listing(
    key="directory.stages",
    label="社会企业",
    unit="家",
    records=lambda: SocialEnterprise.objects.all(),
    permission=_OF_ORGANIZATION,
    place="organization__place",
    columns=(
        _open_organization("organization__"),
        Shown(key="stage", label="阶段", fields=("stage",), text=lambda stage: _STAGES[stage]),
        Shown(key="place", label="所在地", fields=("organization__place__name",)),
        _day("since", "起", "since"),
        _last_day("until", "到", "until"),
        Shown(key="document", label="文号", fields=("document",)),
    ),
    filters=(_one_of("stage", "阶段", "stage", SocialEnterprise.Stage),),
    find=lambda rows, words: find_organizations(rows, words, "organization__"),
    find_label="企业名称或信用代码",
    opens=lambda pk: reverse("directory:stage", args=(pk,)),
    everything=lambda day: measures.STAGES.on(day),
)

_OUTCOMES = _labels(AnnualReport.Outcome)
_OUTCOME_SHAPES = {"due": "wait", "filed": "ok", "passed": "ok", "basic": "now", "failed": "bad"}
REPORTS = Listing(
    key="directory.reports",
    label="年度报告",
    unit="份",
    records=lambda: AnnualReport.objects.all(),
    permission=_OF_ORGANIZATION,
    place="organization__place",
    columns=(
        _open_organization("organization__"),
        Shown(key="year", label="年度", fields=("year",), text=lambda year: f"{year}年"),
        Shown(key="place", label="所在地", fields=("organization__place__name",)),
        _last_day("due", "截止", "late_from"),
        _day("filed", "报送日期", "filed_on"),
        Shown(
            key="outcome",
            label="结论",
            fields=("outcome",),
            text=lambda outcome: _OUTCOMES[outcome],
            cell=lambda outcome: _status(_OUTCOME_SHAPES[outcome], _OUTCOMES[outcome]),
        ),
    ),
    filters=(_one_of("outcome", "结论", "outcome", AnnualReport.Outcome),),
    find=lambda rows, words: find_organizations(rows, words, "organization__"),
    find_label="组织名称或信用代码",
    opens=lambda pk: reverse("directory:report", args=(pk,)),
    everything=lambda day: measures.REPORTS.on(day),
)

COLLECTIVE = Listing(
    key="directory.collective",
    label="集体经济收入",
    unit="个",
    records=lambda: CollectiveYear.objects.all(),
    permission=replace(rules.VIEW_ORGANIZATIONS, organization="organization"),
    columns=(
        Shown(key="place", label="村社", fields=("place__name",)),
        Shown(key="year", label="年度", fields=("year",), text=lambda year: f"{year}年"),
        Shown(
            key="income",
            label="经营收入（元）",
            fields=("income_fen",),
            text=lambda fen: Money(fen).yuan(),
            number=True,
        ),
        Shown(key="organization", label="集体经济组织", fields=("organization__name",)),
    ),
    everything=lambda day: measures.INCOMES.on(day),
)

# --- people -------------------------------------------------------------------------------------

_SOURCES = _labels(Source)


def _came(source: str, confirmed_on: date | None, ended_on: date | None) -> tuple[str, str]:
    if ended_on:
        return "off", "已退出"
    if confirmed_on:
        return "ok", "本人确认"
    return "wait", _SOURCES[source]


def _by_source(rows: QuerySet, value: str, on: date) -> QuerySet:
    if value == "confirmed":
        return rows.filter(confirmed_on__lte=on)
    if value == "unconfirmed":
        return rows.filter(confirmed_on__isnull=True)
    return rows.filter(source=value) if value in _SOURCES else rows


def _by_service(rows: QuerySet, value: str, on: date) -> QuerySet:
    if value == "active":
        return rows.filter(last_served_on__lte=on, active_until__gt=on)
    if value == "earlier":
        return rows.filter(active_until__lte=on)
    return rows.filter(last_served_on__isnull=True) if value == "never" else rows


def find_volunteers(rows: QuerySet, words: str) -> QuerySet:
    """Keep the rows of people called like *words*, or with that number V20411 (按姓名或编号找)."""
    written = words.strip().upper()
    if written.startswith("V") and written[1:].isdecimal() and len(written) < 12:
        return rows.filter(pk=int(written[1:]))
    return matching(rows, " ".join(query_bigrams(words)), model=Person, pk="person_id")


# Read by the page for its 50 rows only, never for the whole list.
_FIRST_TEAM = Subquery(
    Membership.objects.filter(person=OuterRef("person_id"), left_on__isnull=True)
    .order_by("pk")
    .values("team__name")[:1]
)
_MEMBERS = Coalesce(
    Subquery(
        Membership.objects.filter(team=OuterRef("pk"), left_on__isnull=True)
        .order_by()
        .values("team")
        .annotate(n=Count("pk"))
        .values("n")
    ),
    0,
)

VOLUNTEERS = Listing(
    key="directory.volunteers",
    label="志愿者",
    unit="人",
    records=lambda: Volunteer.objects.all(),
    permission=rules.VIEW_PEOPLE,
    columns=(
        Shown(
            key="name",
            label="姓名和编号",
            fields=("person__name", "pk"),
            text=lambda name, pk: f"{name} V{pk:05d}",
            cell=lambda name, pk: f'{escape(name)}<span class="sub">V{pk:05d}</span>',
        ),
        Shown(key="place", label="村社", fields=("place__name",)),
        Shown(key="team", label="志愿队", fields=(_FIRST_TEAM,)),
        Shown(
            key="phone",
            label="手机号",
            fields=("person__phone",),
            text=_masked(mask_phone),
            cell=_mask_cell(mask_phone),
            full=_plain,
        ),
        Shown(
            key="id-number",
            label="证件号",
            fields=("person__id_number",),
            text=_masked(mask_id),
            cell=_mask_cell(mask_id),
            full=_plain,
        ),
        Shown(
            key="address",
            label="住址",
            fields=("person__address",),
            text=_masked(mask_address),
            full=_plain,
            wide=False,
        ),
        Shown(
            key="source",
            label="登记来源",
            fields=("source", "confirmed_on", "ended_on"),
            text=lambda *came: _came(*came)[1],
            cell=lambda *came: _status(*_came(*came)),
        ),
        _day("registered", "登记日期", "registered_on"),
        _day("served", "最近一次", "last_served_on"),
    ),
    filters=(
        Choice(
            key="source",
            label="登记来源",
            choices=lambda: (
                ("confirmed", "本人确认"),
                ("unconfirmed", "还没确认"),
                *Source.choices,
            ),
            narrow=_by_source,
        ),
        Choice(
            key="served",
            label="最近服务",
            choices=lambda: (
                ("active", "12个月内"),
                ("earlier", "12个月以前"),
                ("never", "没有记录"),
            ),
            narrow=_by_service,
        ),
    ),
    find=find_volunteers,
    find_label="姓名或编号",
    opens=lambda pk: reverse("directory:volunteer", args=(pk,)),
    personal=True,
    note="导入的登记没有经过本人确认，不能单独当作志愿者人数来用。",
    everything=lambda day: measures.VOLUNTEERS.on(day),
)


def find_teams(rows: QuerySet, words: str) -> QuerySet:
    """Keep the teams called like *words* (按队名找)."""
    return matching(rows, " ".join(query_bigrams(words)), model=Team)


TEAMS = Listing(
    key="directory.teams",
    label="志愿服务队",
    unit="支",
    records=lambda: Team.objects.all(),
    permission=rules.VIEW_TEAMS,
    columns=(
        Shown(key="name", label="队名", fields=("name",)),
        Shown(key="place", label="村社", fields=("place__name",)),
        Shown(key="organization", label="所属组织", fields=("organization__name",)),
        Shown(key="field", label="服务类别", fields=("field",)),
        Shown(key="members", label="队员（人）", fields=(_MEMBERS,), number=True),
        _day("founded", "成立日期", "founded_on"),
        _day("ended", "解散日期", "ended_on"),
    ),
    find=find_teams,
    find_label="队名",
    opens=lambda pk: reverse("directory:team", args=(pk,)),
    everything=lambda day: measures.TEAMS.on(day),
)

LISTINGS = (ORGANIZATIONS, RATINGS, STAGES, REPORTS, COLLECTIVE, VOLUNTEERS, TEAMS)
