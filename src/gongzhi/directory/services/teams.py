"""Teams of volunteers: founded, joined, left, ended."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from gongzhi.audit import services as audit
from gongzhi.directory import queries, rules
from gongzhi.directory.models import Ending, Membership, Organization, Person, Source, Team
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import bigrams, normalize

from .people import Erased
from .volunteers import ConsentWanted, RegisteredAhead


class TeamNameMissing(Unacceptable):
    code = "directory.team-name-missing"
    message = "没有填队名，名册里没法称呼它。请填全名，例如“青溪邻里守望队”。"
    field = "name"


class TeamNameTaken(Refused):
    code = "directory.team-name-taken"
    message = (
        "{place}已经有一支“{name}”，同一个村社里队名不能重复。请换个名字，或者打开那一支更正。"
    )


class FoundedAhead(Unacceptable):
    code = "directory.founded-ahead"
    message = "成立日期{day}在今天之后。请填已经到了的日期。"
    field = "founded_on"


class TeamOver(Refused):
    code = "directory.team-over"
    message = "“{name}”已在{day}解散，不能再加人或更改。请加入别的队伍，或者另立一支。"


class AlreadyMember(Refused):
    code = "directory.already-member"
    message = "{name}已经在“{team}”里了，不用再加一遍。"


class WhyEndTeam(Unacceptable):
    code = "directory.why-end-team"
    message = "没有写为什么解散。请用一句话写明，队员看得到。"
    field = "reason"


@transaction.atomic
def found_team(
    *,
    by: Actor,
    name: str,
    place: Place,
    now: datetime,
    organization: Organization | None = None,
    field: str = "",
    founded_on: date | None = None,
) -> Team:
    """
    Enter a team of volunteers into the directory (登记志愿队).

    :raises PermissionDenied: *by* keeps teams neither at *place* nor of *organization*.
    :raises TeamNameMissing, TeamNameTaken, FoundedAhead
    """
    if organization is None or organization.pk not in rules.KEEP_TEAMS.organizations(by):
        rules.KEEP_TEAMS.require_at(by, place.path)
    name = normalize(name)[:80]
    if not name:
        raise TeamNameMissing
    founded_on = founded_on or today(now)
    if founded_on > today(now):
        raise FoundedAhead(day=say_day(founded_on))
    try:
        with transaction.atomic():
            team = Team.objects.create(
                name=name,
                place=place,
                organization=organization,
                field=normalize(field)[:40],
                founded_on=founded_on,
                tokens=bigrams(name),
            )
    except IntegrityError as error:
        raise TeamNameTaken(place=place.name, name=name) from error
    audit.record(
        by, "directory.team-founded", team, place=place.path, changes={"名称": ["", name]}, now=now
    )
    return team


@transaction.atomic
def join_team(
    *,
    by: Actor,
    team: Team,
    person: Person,
    now: datetime,
    part: str = Membership.Part.MEMBER,
    consent: str = "",
    joined_on: date | None = None,
) -> Membership:
    """
    Put somebody on a team (加入志愿队): themselves, or by a keeper who notes the consent.

    :raises PermissionDenied: *by* is neither the person nor keeps the team.
    :raises TeamOver, ConsentWanted, RegisteredAhead, Erased, AlreadyMember
    """
    rules.require_oneself_or(by, person.pk, rules.KEEP_TEAMS, team)
    oneself = rules.is_oneself(by, person.pk)
    if oneself:
        part = Membership.Part.MEMBER  # nobody makes themselves the leader
    person = Person.objects.hold(person.pk)
    if person.erased_at:
        raise Erased
    _live(team)
    consent = normalize(consent)[:120]
    if not oneself and not consent:
        raise ConsentWanted
    joined_on = joined_on or today(now)
    if joined_on > today(now):
        raise RegisteredAhead(day=say_day(joined_on))
    if team.memberships.filter(person__in=queries.group_of(person), left_on=None).exists():
        raise AlreadyMember(name=person.name, team=team.name)
    try:
        with transaction.atomic():
            membership = team.memberships.create(
                person=person,
                part=part,
                source=Source.SELF if oneself else Source.PROXY,
                consent=consent,
                joined_on=joined_on,
                confirmed_on=today(now) if oneself else None,
            )
    except IntegrityError as error:
        raise AlreadyMember(name=person.name, team=team.name) from error
    audit.record(
        by,
        "directory.team-joined",
        membership,
        subject=person.pk,
        place=team.place.path,
        changes={"队伍": ["", team.name], "身份": ["", membership.get_part_display()]},
        reason=consent,
        now=now,
    )
    return membership


@transaction.atomic
def end_team(*, by: Actor, team: Team, reason: str, now: datetime) -> Team:
    """
    End a team (解散志愿队); its members leave with it on that day.

    :raises PermissionDenied: *by* does not keep the team.
    :raises TeamOver, WhyEndTeam
    """
    rules.KEEP_TEAMS.require(by, team)
    team = Team.objects.select_for_update(of=("self",)).select_related("place").get(pk=team.pk)
    _live(team)
    if not reason.strip():
        raise WhyEndTeam
    day = max(today(now), team.founded_on)
    team.ended_on = day
    team.save(update_fields=["ended_on"])
    left = team.memberships.filter(left_on=None).update(
        left_on=day, left_how=Ending.STAFF, left_reason="队伍解散"
    )
    audit.record(
        by,
        "directory.team-ended",
        team,
        place=team.place.path,
        changes={"解散": ["", say_day(day)], "队员": [left, 0]},
        reason=reason.strip(),
        now=now,
    )
    return team


def _live(team: Team) -> None:
    """:raises TeamOver: the team was ended."""
    if team.ended_on:
        raise TeamOver(name=team.name, day=say_day(team.ended_on))
