"""What is done to organizations: registered, amended, rated, reported, ended. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from gongzhi.audit import services as audit
from gongzhi.directory import kinds, queries, rules, states
from gongzhi.directory.locks import hold_registers
from gongzhi.directory.models import (
    AnnualReport,
    CollectiveYear,
    Organization,
    Rating,
    SocialEnterprise,
)
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared import codes
from gongzhi.shared.calendar import today
from gongzhi.shared.money import Money
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import bigrams, normalize

Kind = Organization.Kind
Status = Organization.Status
Stage = SocialEnterprise.Stage

AMENDABLE = (
    "name", "short_name", "uscc", "filing_number", "place", "address", "registered_on", "registrar",
    "supervisor", "legal_representative", "contact_name", "contact_phone", "field", "purpose",
)  # fmt: skip


_LABELS = {field.name: str(field.verbose_name) for field in Organization._meta.concrete_fields}


class NameMissing(Unacceptable):
    code = "directory.name-missing"
    message = "没有填名称，名录里没法称呼它。请照登记证书或备案材料填全名。"
    field = "name"


class CodeDisagrees(Unacceptable):
    code = "directory.code-disagrees"
    message = "{wrong}。请{mend}。"
    field = "uscc"


class CodeTaken(Refused):
    code = "directory.code-taken"
    message = (
        "这个代码已经登记在“{name}”名下，一个代码只能有一家。"
        "请先找到那一家核对；写错了就照证书改代码。"
    )


class FilingNumberTaken(Refused):
    code = "directory.filing-number-taken"
    message = "备案编号{number}已经登记在“{name}”名下。请照备案材料核对编号。"


class DayAhead(Unacceptable):
    code = "directory.day-ahead"
    message = "{what}填的是{day}，在今天之后。请填已经到了的日期。"


class EndsBeforeItBegins(Unacceptable):
    code = "directory.ends-before-it-begins"
    message = "{end}在{begin}之前，日子倒着了。请照文件核对两个日期。"


class AlreadyEnded(Refused):
    code = "directory.already-ended"
    message = "“{name}”已在{day}{status}，不能再改。要登记新的情况请另立一家。"


class ReasonWanted(Unacceptable):
    code = "directory.reason-wanted"
    message = "没有写理由。请用一句话写明依据，留痕里要看得到。"
    field = "reason"


class NothingChanged(Unacceptable):
    code = "directory.nothing-changed"
    message = "没有一项改了，所以没有存。请改好再存，或者直接返回。"


class NotRatable(Unacceptable):
    code = "directory.not-ratable"
    message = "评估等级只给登记的社会团体、社会服务机构和基金会，“{name}”是{kind}。请核对是不是选错了组织。"


class GradeUnknown(Unacceptable):
    code = "directory.grade-unknown"
    message = "等级只有1A到5A。请照评估公告选一个。"
    field = "grade"


class OverrideWanted(Refused):
    """Warnings that a named person may override with a reason, because the rule is not confirmed."""

    code = "directory.override-wanted"
    message = "{warnings}。如果确实要登记，请写明理由和依据，会记在留痕里。"


class RatedOnThatDay(Refused):
    code = "directory.rated-on-that-day"
    message = "{day}起已经登记过一个等级（{grade}A）。同一天只有一个等级；写错了请先取消那一个。"


class RatedLater(Refused):
    code = "directory.rated-later"
    message = "之后{day}起已经登记过等级，不能在它前面再插一个还有效的。请核对评定日期。"


class AlreadyRevoked(Refused):
    code = "directory.already-revoked"
    message = "这个等级已经在{day}取消或到期。请刷新页面看看。"


class AlreadyFiled(Refused):
    code = "directory.already-filed"
    message = "{year}年度的报告已在{day}报过。要改结论请选“改结论”。"


class NoRuleForReports(Refused):
    code = "directory.no-rule-for-reports"
    message = "{year}年度还没有过完，不能开启它的年报。请在{next}年1月1日以后再开。"


class NotAnEnterprise(Unacceptable):
    code = "directory.not-an-enterprise"
    message = "社会企业要是在市场监管部门登记的企业，“{name}”是{kind}。请核对是不是选错了组织。"


class YearAhead(Unacceptable):
    code = "directory.year-ahead"
    message = "{year}年度还没有过完，收入还不能登记。请填已经过完的年度。"
    field = "year"


class IncomeUnknown(Unacceptable):
    code = "directory.income-unknown"
    message = "经营收入要填0或更大的金额，单位是元。没有收入填0，不清楚就先不登记。"
    field = "income"


class NotAVillage(Unacceptable):
    code = "directory.not-a-village"
    message = "集体经济收入按村（社区）登记，“{name}”不是村（社区）。请选到村社。"
    field = "place"


@transaction.atomic
def register_organization(
    *,
    by: Actor,
    kind: str,
    name: str,
    place: Place,
    registered_on: date,
    now: datetime,
    uscc: str = "",
    filing_number: str = "",
    **fields: str,
) -> Organization:
    """
    Enter an organization into the directory as its registrar has it (登记组织).

    :raises PermissionDenied: *by* does not keep organizations at *place*.
    :raises NameMissing, CodeDisagrees, BadValue, DayAhead
    :raises CodeTaken, FilingNumberTaken: another one has it already.
    """
    rules.KEEP_ORGANIZATIONS.require_at(by, place.path)
    name = normalize(name)
    uscc, filing_number = _codes(kind, name, uscc, filing_number)
    _not_ahead("登记（备案）日期", registered_on, now)
    hold_registers()
    _free(uscc, filing_number)
    given = {key: normalize(value) for key, value in fields.items() if key in AMENDABLE}
    organization = Organization.objects.create(
        kind=kind,
        name=name,
        place=place,
        registered_on=registered_on,
        uscc=uscc,
        filing_number=filing_number,
        tokens=bigrams(f"{name} {given.get('short_name', '')}"),
        created_at=now,
        **given,
    )
    audit.record(
        by,
        "directory.organization-registered",
        organization,
        place=place.path,
        changes={"名称": ["", name], "类别": ["", organization.get_kind_display()]},
        now=now,
    )
    return organization


@transaction.atomic
def amend_organization(
    *,
    by: Actor,
    organization: Organization,
    changes: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Organization:
    """
    Correct what the directory says of an organization (更正组织登记); the line keeps before and after.

    :raises PermissionDenied: *by* may not change these fields, or move it to that place.
    :raises ReasonWanted, NothingChanged, AlreadyEnded, NameMissing, CodeTaken, BadValue
    """
    wanted = {key: value for key, value in changes.items() if key in AMENDABLE}
    rules.require_amend(by, organization, frozenset(wanted))
    hold_registers()
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    _open(organization)
    if not reason.strip():
        raise ReasonWanted
    if (moved := wanted.get("place")) and moved.pk != organization.place_id:
        rules.KEEP_ORGANIZATIONS.require_at(by, moved.path)
    if "registered_on" in wanted:
        _not_ahead("登记（备案）日期", wanted["registered_on"], now)
    for key, value in wanted.items():
        if isinstance(value, str):
            wanted[key] = normalize(value)
    wanted["uscc"], wanted["filing_number"] = _codes(
        organization.kind,
        wanted.get("name", organization.name),
        wanted.get("uscc", organization.uscc),
        wanted.get("filing_number", organization.filing_number),
    )
    said, changed = {}, []
    for key, value in wanted.items():
        before = getattr(organization, key)
        if _shown(key, before) != _shown(key, value):
            said[_LABELS[key]] = [_masked(key, before), _masked(key, value)]
            setattr(organization, key, value)
            changed.append(key)
    if not said:
        raise NothingChanged
    _free(organization.uscc, organization.filing_number, besides=organization)
    organization.tokens = bigrams(f"{organization.name} {organization.short_name}")
    organization.save(update_fields=[*changed, "tokens"])
    audit.record(
        by,
        "directory.organization-amended",
        organization,
        place=organization.place.path,
        changes=said,
        reason=reason.strip(),
        now=now,
    )
    return organization


@transaction.atomic
def end_organization(
    *,
    by: Actor,
    organization: Organization,
    on: date,
    reason: str,
    now: datetime,
    revoked: bool = False,
) -> Organization:
    """
    End an organization's registration (注销／撤销); its rating and stage end with it, on the same day.

    :raises ReasonWanted, AlreadyEnded, DayAhead, EndsBeforeItBegins
    """
    rules.KEEP_ORGANIZATIONS.require(by, organization)
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    _open(organization)
    if not reason.strip():
        raise ReasonWanted
    _not_ahead("注销日期", on, now)
    if on < organization.registered_on:
        raise EndsBeforeItBegins(
            end=say_day(on), begin=f"登记日期{say_day(organization.registered_on)}"
        )
    before = organization.get_status_display()
    organization.status = Status.REVOKED if revoked else Status.ENDED
    organization.ended_on = on
    organization.save(update_fields=["status", "ended_on"])
    organization.ratings.filter(valid_until__gt=on, valid_from__lte=on).update(valid_until=on)
    organization.stages.filter(Q(until=None) | Q(until__gt=on), since__lte=on).update(until=on)
    audit.record(
        by,
        "directory.organization-ended",
        organization,
        place=organization.place.path,
        changes={
            "状态": [before, organization.get_status_display()],
            "注销日期": ["", say_day(on)],
        },
        reason=reason.strip(),
        now=now,
    )
    return organization


@transaction.atomic
def rate_organization(
    *,
    by: Actor,
    organization: Organization,
    grade: int,
    valid_from: date,
    now: datetime,
    valid_until: date | None = None,
    authority: str = "",
    document: str = "",
    override: str = "",
) -> Rating:
    """
    Register a rating (登记评估等级); it holds for the years of the dated rule and then drops out by itself.

    A rating in force ends where the new one begins: one organization holds one at a time.

    :raises NotRatable, GradeUnknown, DayAhead, RatedOnThatDay, RatedLater, AlreadyEnded
    :raises OverrideWanted: it does not look eligible; *override* says why it is registered all the same.
    """
    rules.RATE_ORGANIZATIONS.require(by, organization)
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    _open(organization)
    if organization.kind not in Organization.SOCIAL:
        raise NotRatable(name=organization.name, kind=organization.get_kind_display())
    if grade not in range(1, 6):
        raise GradeUnknown
    _not_ahead("评定日期", valid_from, now)
    ends = queries.rating_ends(valid_from)
    warnings = queries.rating_warnings(organization, valid_from)
    if valid_until and valid_until != ends:
        warnings = [*warnings, f"按现在的规则有效到{say_day(ends - timedelta(days=1))}"]
    if warnings and not override.strip():
        raise OverrideWanted(warnings="；".join(warnings))
    if same := organization.ratings.filter(valid_from=valid_from).first():
        raise RatedOnThatDay(day=say_day(valid_from), grade=same.grade)
    if (
        later := organization.ratings.filter(valid_from__gt=valid_from)
        .order_by("valid_from")
        .first()
    ):
        raise RatedLater(day=say_day(later.valid_from))
    organization.ratings.filter(valid_until__gt=valid_from).update(valid_until=valid_from)
    rating = organization.ratings.create(
        grade=grade,
        valid_from=valid_from,
        valid_until=valid_until or ends,
        authority=normalize(authority),
        document=normalize(document),
        override=override.strip(),
    )
    audit.record(
        by,
        "directory.organization-rated",
        organization,
        place=organization.place.path,
        changes={
            "等级": ["", f"{grade}A"],
            "有效": [
                "",
                f"{say_day(valid_from)}到{say_day(rating.valid_until - timedelta(days=1))}",
            ],
        },
        reason=override.strip() or rating.document,
        now=now,
    )
    return rating


@transaction.atomic
def revoke_rating(*, by: Actor, rating: Rating, on: date, reason: str, now: datetime) -> Rating:
    """
    Take a rating away on a day (取消评估等级); from that day on no figure counts it.

    :raises ReasonWanted, DayAhead, EndsBeforeItBegins, AlreadyRevoked
    """
    rules.RATE_ORGANIZATIONS.require(by, rating.organization)
    organization = Organization.objects.select_for_update().get(pk=rating.organization_id)
    rating.refresh_from_db()
    if not reason.strip():
        raise ReasonWanted
    _not_ahead("取消日期", on, now)
    if on < rating.valid_from:
        raise EndsBeforeItBegins(end=say_day(on), begin=f"评定日期{say_day(rating.valid_from)}")
    if rating.revoked_on or rating.valid_until <= on:
        raise AlreadyRevoked(day=say_day(rating.valid_until))
    before = rating.valid_until
    rating.revoked_on = rating.valid_until = on
    rating.save(update_fields=["revoked_on", "valid_until"])
    audit.record(
        by,
        "directory.rating-revoked",
        organization,
        place=organization.place.path,
        changes={
            f"{rating.grade}A有效到": [say_day(before - timedelta(days=1)), f"{say_day(on)}取消"]
        },
        reason=reason.strip(),
        now=now,
    )
    return rating


@transaction.atomic
def open_annual_reports(*, by: Actor, year: int, now: datetime) -> int:
    """
    Open what every registered social organization owes for *year*, and return how many (开启年度报告).

    Due as the dated rules say for each kind: 社会团体登记管理条例28条, 民办非企业单位条例23条, 基金会条例36条.
    Doing it again adds only those that are missing.

    :raises NoRuleForReports: the year is not over.
    """
    county = places.county()
    rules.OPEN_REPORTS.require_at(by, county.path)
    if date(year + 1, 1, 1) > today(now):
        raise NoRuleForReports(year=year, next=year + 1)
    owing = (
        Organization.objects.filter(
            kind__in=Organization.SOCIAL, registered_on__lt=date(year + 1, 1, 1)
        )
        .filter(Q(ended_on=None) | Q(ended_on__gte=date(year + 1, 1, 1)))
        .exclude(annual_reports__year=year)
    )
    late: dict[str, date] = {
        kind: queries.reports_late_from(kind, year) for kind in Organization.SOCIAL
    }
    made = AnnualReport.objects.bulk_create(
        [
            AnnualReport(organization_id=pk, year=year, late_from=late[kind])
            for pk, kind in owing.values_list("pk", "kind").order_by("pk")
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    audit.record(
        by,
        "directory.annual-reports-opened",
        place=county.path,
        changes={"年度": ["", year], "份数": [None, len(made)]},
        now=now,
    )
    return len(made)


@transaction.atomic
def file_annual_report(
    *,
    by: Actor,
    report: AnnualReport,
    filed_on: date,
    now: datetime,
    outcome: str = AnnualReport.Outcome.FILED,
) -> AnnualReport:
    """
    Note that a yearly report came, or what came of looking at it (登记年度报告).

    :raises DayAhead, EndsBeforeItBegins: the day cannot be.
    :raises AlreadyFiled: it came before, and no other outcome is given.
    """
    rules.FILE_REPORTS.require(by, report)
    report = AnnualReport.objects.select_for_update().get(pk=report.pk)
    _not_ahead("报送日期", filed_on, now)
    if filed_on < date(report.year + 1, 1, 1):
        raise EndsBeforeItBegins(end=say_day(filed_on), begin=f"{report.year}年度结束")
    if report.filed_on and outcome in (report.outcome, AnnualReport.Outcome.FILED):
        raise AlreadyFiled(year=report.year, day=say_day(report.filed_on))
    before = report.get_outcome_display()
    report.filed_on = report.filed_on or filed_on
    report.outcome = outcome
    report.save(update_fields=["filed_on", "outcome"])
    audit.record(
        by,
        "directory.annual-report-filed",
        report.organization,
        place=report.organization.place.path,
        changes={
            f"{report.year}年度报告": [before, report.get_outcome_display()],
            "报送日期": ["", say_day(report.filed_on)],
        },
        now=now,
    )
    return report


@transaction.atomic
def advance_social_enterprise(
    *,
    by: Actor,
    organization: Organization,
    stage: str,
    since: date,
    now: datetime,
    until: date | None = None,
    document: str = "",
) -> SocialEnterprise:
    """
    Register the next stage of an enterprise on its way to 社会企业 (社会企业阶段); the one before ends there.

    How long a recognition lasts is not confirmed (see the dated rule): *until* is what its document says.

    :raises NotAnEnterprise, DayAhead, EndsBeforeItBegins, AlreadyEnded
    :raises MoveNotAllowed: that stage does not follow the present one.
    """
    rules.RATE_ORGANIZATIONS.require(by, organization)
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    _open(organization)
    if organization.kind != Kind.ENTERPRISE:
        raise NotAnEnterprise(name=organization.name, kind=organization.get_kind_display())
    _not_ahead("起始日期", since, now)
    last = organization.stages.order_by("-since").first()
    if last is not None:
        states.STAGE_MOVES.require(last.stage, stage)
        if since <= last.since:
            raise EndsBeforeItBegins(end=say_day(since), begin=f"上一阶段{say_day(last.since)}")
        if last.until is None or last.until > since:
            last.until = since
            last.save(update_fields=["until"])
    if until is not None and until <= since:
        raise EndsBeforeItBegins(end=say_day(until), begin=say_day(since))
    made = organization.stages.create(
        stage=stage, since=since, until=until, document=normalize(document)
    )
    audit.record(
        by,
        "directory.social-enterprise-advanced",
        organization,
        place=organization.place.path,
        changes={"阶段": [last.get_stage_display() if last else "", made.get_stage_display()]},
        reason=made.document,
        now=now,
    )
    return made


@transaction.atomic
def record_income(
    *,
    by: Actor,
    place: Place,
    year: int,
    income_fen: int,
    now: datetime,
    organization: Organization | None = None,
) -> CollectiveYear:
    """
    Register what the collective economy of a village earned in a year, in 分 (登记集体经济收入).

    The same year again corrects it. It holds until a later year is registered.

    :raises NotAVillage, YearAhead, IncomeUnknown
    """
    rules.KEEP_INCOMES.require_at(by, place.path)
    # The village owns its years: who registers one holds it, so that two never overlap.
    place = Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    if place.level != Place.Level.VILLAGE:
        raise NotAVillage(name=place.name)
    if year >= today(now).year or year < 1990:
        raise YearAhead(year=year)
    if income_fen < 0:
        raise IncomeUnknown
    before = CollectiveYear.objects.filter(place=place, year=year).first()
    later = CollectiveYear.objects.filter(place=place, year__gt=year).order_by("year").first()
    kept, _ = CollectiveYear.objects.update_or_create(
        place=place,
        year=year,
        defaults={
            "income_fen": income_fen,
            "since": date(year + 1, 1, 1),
            "until": later.since if later else None,
            "organization": organization or (before.organization if before else None),
        },
    )
    earlier = CollectiveYear.objects.filter(place=place, year__lt=year).order_by("-year").first()
    if earlier is not None and earlier.until != kept.since:
        earlier.until = kept.since
        earlier.save(update_fields=["until"])
    audit.record(
        by,
        "directory.income-recorded",
        kept,
        place=place.path,
        changes={
            f"{year}年经营收入（元）": [
                Money(before.income_fen).yuan() if before else "",
                Money(income_fen).yuan(),
            ]
        },
        now=now,
    )
    return kept


@transaction.atomic
def open_contact(*, by: Actor, organization: Organization, reason: str, now: datetime) -> str:
    """
    Show the telephone number of an organization's contact, for a reason that is kept (打开联系电话).

    :raises ReasonWanted: nobody says why.
    """
    rules.OPEN_NUMBERS.require(by, organization)
    if not reason.strip():
        raise ReasonWanted
    audit.record(
        by,
        "directory.contact-opened",
        organization,
        place=organization.place.path,
        reason=reason.strip(),
        now=now,
    )
    return str(_shown("contact_phone", organization.contact_phone))


def _codes(kind: str, name: str, uscc: str, filing_number: str) -> tuple[str, str]:
    """Return both codes as they are kept. :raises: they do not fit the kind or are not valid."""
    if not name:
        raise NameMissing
    uscc = codes.require_uscc(uscc) if uscc.strip() else ""
    if wrong := kinds.code_disagrees(kind, uscc):
        raise CodeDisagrees(wrong=wrong[0], mend=wrong[1])
    return uscc, normalize(filing_number)


def _free(uscc: str, filing_number: str, besides: Organization | None = None) -> None:
    """:raises CodeTaken, FilingNumberTaken: another organization has it."""
    others = Organization.objects.exclude(pk=besides.pk) if besides else Organization.objects.all()
    if uscc and (holder := others.filter(uscc=uscc).first()):
        raise CodeTaken(name=holder.name)
    if filing_number and (holder := others.filter(filing_number=filing_number).first()):
        raise FilingNumberTaken(number=filing_number, name=holder.name)


def _open(organization: Organization) -> None:
    """:raises AlreadyEnded: the organization is not registered any more."""
    if organization.ended_on:
        raise AlreadyEnded(
            name=organization.name,
            day=say_day(organization.ended_on),
            status=organization.get_status_display().removeprefix("已"),
        )


def _not_ahead(what: str, day: date, now: datetime) -> None:
    """:raises DayAhead: *day* has not come yet."""
    if day > today(now):
        raise DayAhead(what=what, day=say_day(day))


def _shown(key: str, value: Any) -> Any:
    if key == "contact_phone":
        return value if isinstance(value, str) else (value.open() if value else "")
    return value


def _masked(key: str, value: Any) -> str:
    if key == "contact_phone":
        return codes.mask_phone(_shown(key, value))
    return say_day(value) if isinstance(value, date) else str(value or "")
