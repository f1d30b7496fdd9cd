"""The figures of the registers: stock on dated rows, so that what expired drops out on its day."""

from dataclasses import replace

from django.db.models import QuerySet
from django.utils import timezone

from gongzhi.shared.dated import rule
from gongzhi.shared.measures import Counts, Holding, Measure, Ratio

from .models import (
    AnnualReport,
    CollectiveYear,
    Organization,
    Rating,
    SocialEnterprise,
    Team,
    Volunteer,
)

Kind = Organization.Kind


ORGANIZATIONS = Holding(
    key="directory.organizations",
    records=lambda: Organization.objects.all(),
    place="place",
    since="registered_on",
    until="ended_on",
)
STAGES = Holding(
    key="directory.stages",
    records=lambda: SocialEnterprise.objects.all(),
    place="organization__place",
    since="since",
    until="until",
    subject="organization",
)


def _organizations(key: str, *kinds: str) -> Holding:
    return replace(
        ORGANIZATIONS, key=key, records=lambda: Organization.objects.filter(kind__in=kinds)
    )


def _stage(key: str, stage: str) -> Holding:
    return replace(STAGES, key=key, records=lambda: SocialEnterprise.objects.filter(stage=stage))


def _at_most_hollow() -> QuerySet[CollectiveYear]:
    fen = rule("collective-economy.empty-shell-fen", on=timezone.localdate()).number
    return CollectiveYear.objects.filter(income_fen__lte=fen)


VOLUNTEERS = Holding(
    key="directory.volunteers",
    records=lambda: Volunteer.objects.all(),
    place="place",
    since="registered_on",
    until="ended_on",
)
CONFIRMED = Holding(
    key="directory.volunteers-confirmed",
    records=lambda: Volunteer.objects.filter(confirmed_on__isnull=False),
    place="place",
    since="confirmed_on",
    until="ended_on",
)
ACTIVE = Holding(
    key="directory.volunteers-active",
    records=lambda: Volunteer.objects.filter(ended_on__isnull=True),
    place="place",
    since="last_served_on",
    until="active_until",
)
RATED_3A = Holding(
    key="directory.rated-3a",
    records=lambda: Rating.objects.filter(grade__gte=3, organization__kind__in=Organization.SOCIAL),
    place="organization__place",
    since="valid_from",
    until="valid_until",
    subject="organization",
)
RATED = replace(RATED_3A, key="directory.rated", records=lambda: Rating.objects.all())
TEAMS = Holding(
    key="directory.teams",
    records=lambda: Team.objects.all(),
    place="place",
    since="founded_on",
    until="ended_on",
)
REPORTS_OVERDUE = Holding(
    key="directory.reports-overdue",
    records=lambda: AnnualReport.objects.filter(organization__ended_on=None),
    place="organization__place",
    since="late_from",
    until="filed_on",
)
REPORTS = Holding(
    key="directory.reports",
    records=lambda: AnnualReport.objects.all(),
    place="organization__place",
    since="organization__registered_on",
    until="organization__ended_on",
)
WITHOUT_INCOME = Holding(
    key="directory.collectives-without-income",
    records=_at_most_hollow,
    place="place",
    since="since",
    until="until",
    subject="place",
)
INCOMES = replace(
    WITHOUT_INCOME, key="directory.incomes", records=lambda: CollectiveYear.objects.all()
)

MEASURES = (
    Measure(
        key="directory.social-organizations",
        label="登记社会组织",
        unit="家",
        rule="当日在册的社会团体、社会服务机构（民非）和基金会；备案的社区社会组织、已注销和已撤销的不算。",
        of=_organizations("directory.social-organizations", *Organization.SOCIAL),
        counts=Counts.RECORDS,
        public=True,
        listing="directory.organizations",
        icon="build",
    ),
    Measure(
        key="directory.rated-3a",
        label="3A及以上社会组织",
        unit="家",
        rule="当日评估等级在有效期内、等级为3A及以上的登记社会组织，一家算一次；到期或取消那天起不再算。",
        of=RATED_3A,
        counts=Counts.SUBJECTS,
        public=True,
        listing="directory.ratings",
        icon="star",
    ),
    Measure(
        key="directory.filed-organizations",
        label="备案社区社会组织",
        unit="个",
        rule="当日在册的备案社区社会组织；不到登记条件，没有法人资格，不算进登记社会组织。",
        of=_organizations("directory.filed-organizations", Kind.FILED),
        counts=Counts.RECORDS,
        public=True,
        listing="directory.organizations",
        icon="sprout",
    ),
    Measure(
        key="directory.enterprises",
        label="名录内企业",
        unit="家",
        rule="当日在册、登进名录的企业；不是全县的企业总数。",
        of=_organizations("directory.enterprises", Kind.ENTERPRISE),
        counts=Counts.RECORDS,
        public=True,
        listing="directory.organizations",
        icon="build",
    ),
    Measure(
        key="directory.social-enterprises",
        label="认定社会企业",
        unit="家",
        rule="当日认定在有效期内的不同企业；种子社会企业另数，认定到期或取消那天起不再算。",
        of=_stage("directory.social-enterprises", SocialEnterprise.Stage.RECOGNIZED),
        counts=Counts.SUBJECTS,
        public=True,
        listing="directory.stages",
        icon="sprout",
    ),
    Measure(
        key="directory.seed-enterprises",
        label="种子社会企业",
        unit="家",
        rule="当日处在种子阶段、还没有认定的不同企业。",
        of=_stage("directory.seed-enterprises", SocialEnterprise.Stage.SEED),
        counts=Counts.SUBJECTS,
        public=True,
        listing="directory.stages",
        icon="sprout",
    ),
    Measure(
        key="directory.volunteers-registered",
        label="登记志愿者",
        unit="人",
        rule="当日没有退出的志愿者登记，一人只算一次；多数是导入的，本人确认的和近12个月服务过的另数。",
        of=VOLUNTEERS,
        counts=Counts.RECORDS,
        public=True,
        listing="directory.volunteers",
        beside=("directory.volunteers-confirmed", "directory.volunteers-active"),
        appraisal=False,
        icon="users",
    ),
    Measure(
        key="directory.volunteers-confirmed",
        label="本人确认的志愿者",
        unit="人",
        rule="当日没有退出、到当日为止本人确认过的志愿者登记；本人自己登记的算确认过。",
        of=CONFIRMED,
        counts=Counts.RECORDS,
        public=True,
        listing="directory.volunteers",
        beside=("directory.volunteers-active",),
        appraisal=False,
        icon="okc",
    ),
    Measure(
        key="directory.volunteers-active",
        label="近12个月服务过的志愿者",
        unit="人",
        rule="现在没有退出、最近一次服务在当日之前12个月以内的志愿者；一人服务几次都算1人。",
        of=ACTIVE,
        counts=Counts.RECORDS,
        public=True,
        listing="directory.volunteers",
        appraisal=False,
        icon="hand",
    ),
    Measure(
        key="directory.teams",
        label="志愿服务队",
        unit="支",
        rule="当日已经成立、还没有解散的志愿服务队。",
        of=TEAMS,
        counts=Counts.RECORDS,
        public=True,
        listing="directory.teams",
        appraisal=False,
        icon="users",
    ),
    Measure(
        key="directory.reports-overdue",
        label="逾期没报的年报",
        unit="份",
        rule="现在在册的组织里，到当日过了截止日还没有报的年度工作报告；一家欠两年算2份。",
        of=REPORTS_OVERDUE,
        counts=Counts.RECORDS,
        listing="directory.reports",
        icon="clock",
    ),
    Measure(
        key="directory.collectives-without-income",
        label="集体经济没有经营收入的村社",
        unit="个",
        rule="按当日之前最近一个已登记的年度，集体经济经营收入为零的村（社区）；没有登记收入的不算。",
        of=WITHOUT_INCOME,
        counts=Counts.SUBJECTS,
        public=True,
        listing="directory.collective",
        icon="coin",
    ),
    Ratio(
        key="directory.hollow-share",
        label="集体经济“空壳”村社占比",
        rule="集体经济没有经营收入的村（社区）数，除以全部村（社区）数；“空壳”按经营收入为零算。",
        numerator="directory.collectives-without-income",
        denominator="places.villages",
        public=True,
        icon="coin",
    ),
)
