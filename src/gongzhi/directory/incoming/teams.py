"""Teams of volunteers with their members: one row a member, the team repeated in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from gongzhi.directory import bulk
from gongzhi.directory.models import Ending, Membership, Organization, Person, Source, Team
from gongzhi.shared.codes import mask_name
from gongzhi.shared.periods import say_day
from gongzhi.shared.registers import Fault, Verdict, Withdrawn, Written
from gongzhi.shared.text import bigrams

from .context import Context

Rows = dict[str, Sequence[Any]]
_MAY_RETURN = (Ending.MERGED, Ending.WITHDRAWN)
_PARTS = {value: str(label) for value, label in Membership.Part.choices}


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍)."""
    verdict = Verdict()
    faults = verdict.faults
    places = context.places(rows.pop("town"), rows.pop("place"))
    rows["place_id"] = [p if type(p) is int else 0 for p in places]
    for i, place in enumerate(places):
        if isinstance(place, Fault):
            faults[i] = [place]
    _organizations(rows, faults)
    rows["id_key"] = bulk.fingerprint_all(rows["id_number"])
    rows["phone_key"] = bulk.fingerprint_all(rows["phone"])
    _people(rows, context, faults)
    keys = list(zip(rows["place_id"], rows["team"], rows["person_id"], strict=True))
    context.twice(rows, keys, faults, "name", "队伍和队员")
    teams, members = _known(rows)
    for i, (place, name, person) in enumerate(keys):
        if i in faults:
            continue
        team = teams.get((place, name))
        if wrong := _against(rows, i, team, members):
            faults[i] = [wrong]
        elif (
            team is None
            or (person and (team.pk, person) not in members)
            or (person and members[team.pk, person].left_on is not None)
        ):
            verdict.new.append(i)
        elif person and (part := members[team.pk, person].part) != rows["part"][i]:
            verdict.changed.append(i)
            verdict.changes[i] = {"part": (_PARTS[part], _PARTS[rows["part"][i]])}
        else:
            verdict.same.append(i)
    return verdict


def pour(rows: Rows, context: Context, now: datetime) -> Written:
    """Write a chunk of good rows (写一批): teams first, then who is in them."""
    teams, members = _known(rows)
    made = _add_teams(rows, teams, context)
    fresh = {team.pk for team in made}
    written = Written(trace={"place": context.place.pk, "teams": sorted(fresh)})
    joining: dict[tuple[int, int], Membership] = {}
    for i, (place, name, person) in enumerate(
        zip(rows["place_id"], rows["team"], rows["person_id"], strict=True)
    ):
        team = teams[place, name]
        is_new = team.pk in fresh
        if _against(rows, i, team, members):
            written.same += 1
            continue
        kept = members.get((team.pk, person)) if person else None
        if person and (kept is None or kept.left_on is not None):
            joined = rows["joined_on"][i]
            joining.setdefault(
                (team.pk, person),
                Membership(
                    team=team,
                    person_id=person,
                    part=rows["part"][i],
                    source=Source.IMPORTED,
                    joined_on=date.fromisoformat(joined) if joined else team.founded_on,
                    batch=context.batch,
                ),
            )
            written.new += 1
        elif kept is not None and kept.part != rows["part"][i]:
            kept.part = rows["part"][i]
            kept.save(update_fields=["part"])
            written.changed += 1
        elif is_new:
            written.new += 1
        else:
            written.same += 1
    joined_now = Membership.objects.bulk_create(joining.values(), batch_size=500)
    written.trace["memberships"] = [m.pk for m in joined_now]
    return written


def take_back(trace: Mapping[str, Any], reason: str, on: date, now: datetime) -> Withdrawn:
    """Undo a written chunk (撤回一批): memberships nobody confirmed end, and teams left without members."""
    why = f"导入撤回：{reason}"[:120]
    live = Membership.objects.filter(pk__in=trace["memberships"], left_on=None)
    kept = live.filter(confirmed_on__isnull=False).count()
    taken = 0
    for membership in live.filter(confirmed_on=None):
        membership.left_on = max(on, membership.joined_on)
        membership.left_how, membership.left_reason = Ending.WITHDRAWN, why
        membership.save(update_fields=["left_on", "left_how", "left_reason"])
        taken += 1
    empty = Team.objects.filter(pk__in=trace["teams"], ended_on=None).exclude(
        memberships__left_on=None
    )
    for team in empty:
        team.ended_on = max(on, team.founded_on)
        team.save(update_fields=["ended_on"])
    return Withdrawn(taken=taken, kept=kept)


def _organizations(rows: Rows, faults: dict[int, list[Fault]]) -> None:
    named = {name for name in rows["organization"] if name}
    found: dict[str, int] = {}
    if named:
        known = Organization.objects.filter(name__in=named, ended_on=None).order_by("-pk")
        found = dict(known.values_list("name", "pk"))
    for i, name in enumerate(rows["organization"]):
        if name and name not in found:
            faults.setdefault(i, []).append(
                Fault(
                    kind="组织不认得",
                    wrong=f"名录里没有“{name[:30]}”",
                    mend="照名录写全名，或者清空这一格",
                    column="organization",
                )
            )
    rows["organization_id"] = [found.get(name) for name in rows["organization"]]


def _people(rows: Rows, context: Context, faults: dict[int, list[Fault]]) -> None:
    """Find who is meant by each member: only people who are in the directory already can be put on a team."""
    numbers = [key for key in rows["id_key"] if key]
    by_number = {key: (name, into or pk) for pk, key, name, into in bulk.holders(numbers)}
    phones = {key for key in rows["phone_key"] if key}
    by_phone: dict[tuple[str, str], set[int]] = {}
    if phones:
        people = Person.objects.filter(phone_key__in=phones, erased_at=None)
        for pk, name, key, into in people.values_list("pk", "name", "phone_key", "merged_into_id"):
            by_phone.setdefault((name, key), set()).add(into or pk)
    found = []
    for i, name in enumerate(rows["name"]):
        if not name:
            found.append(0)
            continue
        person, wrong = 0, None
        if number := rows["id_key"][i]:
            named, person = by_number.get(number, ("", 0))
            if person and named != name:
                wrong = f"名册里这个身份证号是{mask_name(named)}，姓名不同", "核对证件"
        elif phone := rows["phone_key"][i]:
            meant = by_phone.get((name, phone), set())
            if len(meant) > 1:
                wrong = "姓名和手机号相同的有几位，分不清是哪一位", "填身份证号"
            person = min(meant, default=0)
        else:
            wrong = "没有身份证号，也没有手机号，分不清是哪一位", "至少填一样"
        if not person and not wrong:
            wrong = "名册里没有这个人", "先把人导进志愿者名册，或者核对号码"
        if wrong:
            faults.setdefault(i, []).append(
                Fault(kind="队员不认得", wrong=wrong[0], mend=wrong[1], column="name")
            )
        found.append(person)
    rows["person_id"] = found


def _known(
    rows: Rows,
) -> tuple[dict[tuple[int, str], Team], dict[tuple[int, int], Membership]]:
    names, places = set(rows["team"]), set(rows["place_id"])
    teams = {(t.place_id, t.name): t for t in Team.objects.filter(name__in=names, place__in=places)}
    rows_of = Membership.objects.filter(
        team__in=[t.pk for t in teams.values()], person__in={p for p in rows["person_id"] if p}
    )
    # The one that holds wins over those that ended, the latest over earlier ones.
    members = {
        (m.team_id, m.person_id): m
        for m in sorted(rows_of, key=lambda m: (m.left_on is None, m.pk))
    }
    return teams, members


def _against(
    rows: Rows, i: int, team: Team | None, members: Mapping[tuple[int, int], Membership]
) -> Fault | None:
    if team is None:
        if not rows["founded_on"][i]:
            return Fault(
                kind="日期",
                wrong="名录里还没有这支队，又没有填成立日期",
                mend="填成立日期；只知道月份就写2020年5月",
                column="founded_on",
            )
        return None
    if team.ended_on:
        return Fault(
            kind="和名录对不上",
            wrong=f"这支队已在{say_day(team.ended_on)}解散",
            mend="删掉这一行，或者换一支队",
            column="team",
        )
    membership = members.get((team.pk, rows["person_id"][i]))
    if membership and membership.left_on and membership.left_how not in _MAY_RETURN:
        return Fault(
            kind="已经退出",
            wrong=f"这个人{say_day(membership.left_on)}已经退出这支队，不能再导进来",
            mend="删掉这一行；本人愿意回来，请本人或队长登记",
            column="name",
        )
    return None


def _add_teams(rows: Rows, teams: dict[tuple[int, str], Team], context: Context) -> list[Team]:
    made: dict[tuple[int, str], Team] = {}
    for i, key in enumerate(zip(rows["place_id"], rows["team"], strict=True)):
        if key in teams or key in made:
            continue
        place, name = key
        founded = rows["founded_on"][i]
        made[key] = Team(
            name=name,
            place_id=place,
            organization_id=rows["organization_id"][i],
            field=rows["field"][i],
            founded_on=date.fromisoformat(founded) if founded else context.on,
            tokens=bigrams(name),
        )
    added = Team.objects.bulk_create(made.values(), batch_size=500)
    teams |= made
    return added
