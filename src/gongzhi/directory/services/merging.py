"""Two records of one person: found, looked at, merged, taken apart again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from gongzhi.audit import services as audit
from gongzhi.directory import duplicates, rules
from gongzhi.directory.locks import hold_registers
from gongzhi.directory.models import Candidate, Ending, Membership, Merge, Person, Volunteer
from gongzhi.figures import services as figures
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.registers import Finished
from gongzhi.shared.text import normalize

_WHY = "和另一条登记是同一个人"


class HowLooked(Unacceptable):
    code = "directory.how-looked"
    message = "没有写怎么核的。请写一句，例如“打电话问过，两个号都是他的”。"
    field = "note"


class TheSame(Refused):
    code = "directory.the-same-record"
    message = "这两条已经是同一个人了，不用再合并。请刷新页面看看。"


class MergedAlready(Refused):
    code = "directory.merged-already"
    message = "{name}的这一条已经并到别的登记。请打开合并后的那一条再办。"


class ErasedCannotMerge(Refused):
    code = "directory.erased-cannot-merge"
    message = "有一条已经按本人要求注销，不能合并。请刷新页面看看。"


class TwoIdNumbers(Refused):
    code = "directory.two-id-numbers"
    message = (
        "两条的身份证号不同，不会是同一个人。如果有一个号码写错了，请先对照证件更正，再来合并。"
    )


class DecidedAlready(Refused):
    code = "directory.decided-already"
    message = "这一对已经核过，结果是“{state}”。请刷新页面看看。"


class UndoneAlready(Refused):
    code = "directory.undone-already"
    message = "这次合并已经拆开了。请刷新页面看看。"


class LaterFirst(Refused):
    code = "directory.later-merge-first"
    message = "在这之后又把“{name}”合并过一次。请先拆开后来的那一次，再拆这一次。"


@transaction.atomic
def find_candidates(*, by: Actor, now: datetime, people: Collection[int] | None = None) -> int:
    """
    Queue the pairs that may be one person, and return how many are new (找疑似重复).

    With *people*, only pairs in which one of them is: after a registration or an import. Pairs that somebody
    has looked at are not queued again.
    """
    county = places.county()
    if people is None:
        rules.MERGE_PEOPLE.require_at(by, county.path)
    else:
        for path in set(Person.objects.filter(pk__in=people).values_list("place__path", flat=True)):
            rules.MERGE_PEOPLE.require_at(by, path)
    made = _queue(duplicates.pairs(people), now)
    audit.record(
        by,
        "directory.candidates-found",
        place=county.path,
        changes={"疑似重复（对）": [None, made]},
        now=now,
    )
    return made


@transaction.atomic
def compare_imported(*, by: Actor, batch: int, place: Place, after: int, now: datetime) -> Finished:
    """
    Queue the pairs that may be one person among what an import brought, some villages at a time (核对导入的人).

    :raises PermissionDenied: *by* may not import people at *place*.
    """
    rules.IMPORT_PEOPLE.require_at(by, place.path)
    people, last = duplicates.next_of(batch, after)
    if last is None:
        return Finished()
    made = _queue(duplicates.pairs(people), now)
    audit.record(
        by,
        "directory.candidates-found",
        place=place.path,
        changes={"疑似重复（对）": [None, made], "批次": [None, batch]},
        now=now,
    )
    return Finished(after=last, found=made)


def _queue(found: Mapping[tuple[int, int], list[str]], now: datetime) -> int:
    """Queue pairs that were never queued before, and return how many."""
    if not found:
        return 0
    near = Candidate.objects.filter(first__gte=min(found)[0], first__lte=max(found)[0])
    known = set(near.values_list("first_id", "second_id"))
    made = [
        Candidate(first_id=first, second_id=second, reasons=",".join(ways), found_at=now)
        for (first, second), ways in sorted(found.items())
        if (first, second) not in known
    ]
    Candidate.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    return len(made)


@transaction.atomic
def decide_candidate(
    *, by: Actor, candidate: Candidate, decision: str, note: str, now: datetime
) -> Candidate:
    """
    Say of two records that they are one person, two people, or to be looked at later (核定疑似重复).

    One person merges them: into the record that has an ID number, else into the older one.

    :raises PermissionDenied: *by* may not look at both.
    :raises HowLooked, DecidedAlready, and whatever stops a merge
    """
    rules.MERGE_PEOPLE.require(by, candidate.first)
    rules.MERGE_PEOPLE.require(by, candidate.second)
    hold_registers()
    candidate = (
        Candidate.objects.select_for_update(of=("self",))
        .select_related("first__place", "second__place")
        .get(pk=candidate.pk)
    )
    if candidate.state in (Candidate.State.MERGED, Candidate.State.DISTINCT):
        raise DecidedAlready(state=candidate.get_state_display())
    note = normalize(note)[:200]
    decision = Candidate.State(decision)
    if decision == Candidate.State.MERGED:
        into, person = candidate.first, candidate.second
        if person.id_key and not into.id_key:
            into, person = person, into
        merge_people(by=by, person=person, into=into, note=note, now=now)
    if decision == Candidate.State.DISTINCT and not note:
        raise HowLooked
    candidate.state, candidate.decided_at, candidate.note = decision, now, note
    candidate.save(update_fields=["state", "decided_at", "note"])
    audit.record(
        by,
        "directory.candidate-decided",
        candidate,
        subject=candidate.first_id,
        place=candidate.first.place.path,
        changes={"结果": ["", candidate.get_state_display()]},
        reason=note,
        now=now,
    )
    return candidate


@transaction.atomic
def merge_people(*, by: Actor, person: Person, into: Person, note: str, now: datetime) -> Merge:
    """
    Let one record stand for another, because they are one person (合并); `split_people` undoes it exactly.

    A pointer, never a chain. Of two registrations that hold at once, the one the person confirmed stays, else
    the older; the other ends today. What was changed is kept in `touched`.

    :raises PermissionDenied: *by* may not merge at both places.
    :raises HowLooked, TheSame, MergedAlready, ErasedCannotMerge, TwoIdNumbers
    """
    rules.MERGE_PEOPLE.require(by, person)
    rules.MERGE_PEOPLE.require(by, into)
    hold_registers()  # one merge at a time: whoever follows either of them is seen only then
    held = {
        p.pk: p
        for p in Person.objects.select_for_update()
        .filter(Q(pk__in=(person.pk, into.pk)) | Q(merged_into__in=(person.pk, into.pk)))
        .order_by("pk")
    }
    person, into = held[person.pk], held[into.pk]
    _may_merge(person, into)
    note = normalize(note)[:200]
    if not note:
        raise HowLooked
    followers = [p.pk for p in held.values() if p.merged_into_id == person.pk]
    Person.objects.filter(pk__in=[person.pk, *followers]).update(merged_into=into)
    group = [into.pk, *(p for p in held if p != into.pk)]
    touched: dict[str, Any] = {"pointers": followers}
    touched |= _one_registration(group, today(now))
    touched["memberships"] = _one_membership_a_team(group, today(now))
    first, second = sorted((person.pk, into.pk))
    touched["candidates"] = _settle(first, second, note, now)
    merge = Merge.objects.create(
        person=person, into=into, merged_at=now, note=note, touched=touched
    )
    figures.mark_people([person.pk, into.pk, *followers])
    audit.record(
        by,
        "directory.people-merged",
        merge,
        subject=into.pk,
        place=into.place.path,
        changes={"并入": [person.pk, into.pk]},
        reason=note,
        now=now,
    )
    return merge


@transaction.atomic
def split_people(*, by: Actor, merge: Merge, note: str, now: datetime) -> Merge:
    """
    Take two merged records apart again (拆开); everything the merge changed is as it was before it.

    The last merge is undone first. What people changed meanwhile stays changed.

    :raises PermissionDenied: *by* may not merge at both places.
    :raises HowLooked, UndoneAlready, LaterFirst
    """
    rules.MERGE_PEOPLE.require(by, merge.person)
    rules.MERGE_PEOPLE.require(by, merge.into)
    hold_registers()
    ids = (merge.person_id, merge.into_id)
    head = Person.objects.values_list("merged_into_id", flat=True).get(pk=merge.into_id)
    list(
        Person.objects.select_for_update()
        .filter(Q(pk__in=(*ids, head)) | Q(merged_into__in=(*ids, head)))
        .order_by("pk")
    )
    merge = (
        Merge.objects.select_for_update(of=("self",))
        .select_related("person", "into__place")
        .get(pk=merge.pk)
    )
    if merge.undone_at:
        raise UndoneAlready
    if merge.person.erased_at:
        raise ErasedCannotMerge
    later = Merge.objects.filter(
        Q(into__in=ids) | Q(person__in=ids), undone_at=None, pk__gt=merge.pk
    )
    if last := later.select_related("person").order_by("-pk").first():
        raise LaterFirst(name=last.person.name)
    note = normalize(note)[:200]
    if not note:
        raise HowLooked
    touched = merge.touched
    Person.objects.filter(pk=merge.person_id).update(merged_into=None)
    Person.objects.filter(pk__in=touched["pointers"]).update(merged_into=merge.person)
    _revive(touched)
    for pk, state, decided_at, said in touched["candidates"]:
        Candidate.objects.filter(pk=pk, state=Candidate.State.MERGED).update(
            state=state, decided_at=decided_at, note=said
        )
    merge.undone_at, merge.undone_note = now, note
    merge.save(update_fields=["undone_at", "undone_note"])
    figures.mark_people([*ids, *touched["pointers"]])
    audit.record(
        by,
        "directory.people-split",
        merge,
        subject=merge.into_id,
        place=merge.into.place.path,
        changes={"拆开": [merge.into_id, merge.person_id]},
        reason=note,
        now=now,
    )
    return merge


def _may_merge(person: Person, into: Person) -> None:
    """:raises TheSame, MergedAlready, ErasedCannotMerge, TwoIdNumbers"""
    if person.standing_id == into.standing_id:
        raise TheSame
    for one in (person, into):
        if one.merged_into_id:
            raise MergedAlready(name=one.name)
    if person.erased_at or into.erased_at:
        raise ErasedCannotMerge
    if person.id_key and into.id_key:
        raise TwoIdNumbers


def _one_registration(group: list[int], day: date) -> dict[str, Any]:
    """End all registrations as a volunteer but one, give that one the latest service, and return what was changed."""
    live = list(
        Volunteer.objects.select_for_update().filter(person__in=group, ended_on=None).order_by("pk")
    )
    if len(live) < 2:
        return {"volunteers": [], "kept": []}
    kept, *others = sorted(live, key=lambda v: (v.confirmed_on is None, v.registered_on, v.pk))
    before = [kept.pk, _iso(kept.last_served_on), _iso(kept.active_until)]
    last = max(live, key=lambda v: v.last_served_on or date.min)
    after = [_iso(last.last_served_on), _iso(last.active_until)]
    if kept.last_served_on != last.last_served_on:
        kept.last_served_on, kept.active_until = last.last_served_on, last.active_until
        kept.save(update_fields=["last_served_on", "active_until"])
    for other in others:
        other.ended_on = max(day, other.registered_on)
        other.ended_how, other.ended_reason = Ending.MERGED, _WHY
        other.save(update_fields=["ended_on", "ended_how", "ended_reason"])
    return {"volunteers": [v.pk for v in others], "kept": [*before, *after]}


def _one_membership_a_team(group: list[int], day: date) -> list[int]:
    """End what would make one person two members of a team, and return which memberships were ended."""
    seen: dict[int, Membership] = {}
    ended = []
    live = Membership.objects.select_for_update().filter(person__in=group, left_on=None)
    for one in sorted(live, key=lambda m: (m.part != "leader", m.confirmed_on is None, m.pk)):
        if one.team_id not in seen:
            seen[one.team_id] = one
            continue
        one.left_on = max(day, one.joined_on)
        one.left_how, one.left_reason = Ending.MERGED, _WHY
        one.save(update_fields=["left_on", "left_how", "left_reason"])
        ended.append(one.pk)
    return ended


def _settle(first: int, second: int, note: str, now: datetime) -> list[list[Any]]:
    """Take the pair off the queue, and return how it stood."""
    stood = []
    for candidate in Candidate.objects.filter(first=first, second=second):
        decided = candidate.decided_at and candidate.decided_at.isoformat()
        stood.append([candidate.pk, candidate.state, decided, candidate.note])
        candidate.state, candidate.decided_at, candidate.note = Candidate.State.MERGED, now, note
        candidate.save(update_fields=["state", "decided_at", "note"])
    return stood


def _revive(touched: dict[str, Any]) -> None:
    """Let live again what the merge ended, unless somebody ended or changed it otherwise since."""
    live = Volunteer.objects.filter(ended_on=None)
    Volunteer.objects.filter(pk__in=touched["volunteers"], ended_how=Ending.MERGED).exclude(
        person__in=list(
            live.filter(person__volunteering__in=touched["volunteers"]).values_list(
                "person_id", flat=True
            )
        )
    ).update(ended_on=None, ended_how="", ended_reason="")
    for one in Membership.objects.filter(pk__in=touched["memberships"], left_how=Ending.MERGED):
        if not Membership.objects.filter(
            team=one.team_id, person=one.person_id, left_on=None
        ).exists():
            one.left_on, one.left_how, one.left_reason = None, "", ""
            one.save(update_fields=["left_on", "left_how", "left_reason"])
    if touched["kept"]:
        pk, served, until, served_then, until_then = touched["kept"]
        Volunteer.objects.filter(pk=pk, last_served_on=served_then, active_until=until_then).update(
            last_served_on=served, active_until=until
        )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
