"""Who completed a class: judged from records, said with a certificate, revoked when wrong."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.db import transaction

from gongzhi.academy import queries, rules
from gongzhi.academy.models import ClassRun, Completion, Trainer
from gongzhi.audit import services as audit
from gongzhi.directory.models import Person
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize

from .classes import NotALearner

# No confusable letters; eight of them are too many to guess, so whoever checks a certificate need not be slowed down.
LETTERS = "ACDEFHJKLMNPQRTUVWXY34679"


class NotEnough(Refused):
    code = "academy.not-enough"
    message = "{name}{missing}，还不能结业。补上再办；确实该结业的，写明理由再办。"


class AlreadyCompleted(Refused):
    code = "academy.already-completed"
    message = "{name}{day}已经结业了，证书编号{number}。"


class CompletionRevoked(Refused):
    code = "academy.completion-revoked"
    message = "证书{number}{day}已经作废，不用再办。"


class RevokeReasonMissing(Unacceptable):
    code = "academy.revoke-reason-missing"
    message = "没有写为什么作废，所以没有办。请写一句，核验的人看得到。"
    field = "reason"


def _hold(run: ClassRun) -> ClassRun:
    """Hold a class: its certificates are numbered one by one."""
    return (
        ClassRun.objects.select_for_update(no_key=True, of=("self",))
        .select_related("series__place", "course__plan")
        .get(pk=run.pk)
    )


@transaction.atomic
def complete_learner(
    *, by: Actor, run: ClassRun, person: Person, now: datetime, override: str = ""
) -> Completion:
    """
    Say that a learner completed a class (办结业). *override* is why, when something is missing.

    :raises PermissionDenied: *by* does not run the class.
    :raises NotALearner, AlreadyCompleted
    :raises NotEnough: sessions or work are missing, and no reason is given.
    """
    rules.RUN.require(by, run)
    run = _hold(run)
    found = queries.learner(run, person, now)
    if found is None:
        raise NotALearner(name=person.name)
    if (done := found.completion) is not None:
        raise AlreadyCompleted(name=person.name, day=say_day(done.completed_on), number=done.number)
    override = normalize(override)[:200]
    if found.missing and not override:
        raise NotEnough(name=person.name, missing=found.missing)
    made = _issue(by, run, [found], now, override if found.missing else "")[0]
    audit.record(
        by,
        "academy.completed",
        made,
        subject=person.pk,
        changes={"证书": ["", made.number]},
        reason=made.override,
        place=run.series.place.path,
        now=now,
    )
    return made


@transaction.atomic
def complete_class(*, by: Actor, run: ClassRun, now: datetime) -> int:
    """
    Complete everybody who may and has not, and return how many (给够条件的都办结业).

    :raises PermissionDenied: *by* does not run the class.
    """
    rules.RUN.require(by, run)
    run = _hold(run)
    ready = [
        one for one in queries.learners_of(run, now) if one.is_enough and one.completion is None
    ]
    made = _issue(by, run, ready, now, "")
    audit.record(
        by,
        "academy.class-completed",
        run,
        changes={"结业": [None, len(made)]},
        place=run.series.place.path,
        now=now,
    )
    return len(made)


def _issue(
    by: Actor, run: ClassRun, learners: list[queries.Learner], now: datetime, override: str
) -> list[Completion]:
    day = today(now)
    last = run.completions.count()
    made = Completion.objects.bulk_create(
        Completion(
            class_run=run,
            person=one.person,
            name=one.person.name,
            sessions=one.came,
            minutes=one.minutes,
            completed_on=day,
            number=f"JY-{day.year}-{run.pk:05d}-{last + n:03d}",
            code="".join(secrets.choice(LETTERS) for _ in range(8)),
            issued_by_id=by.pk,
            override=override,
        )
        for n, one in enumerate(learners, 1)
    )
    if run.course.plan.trains_trainers:
        _enter_trainers(run, [one.person for one in learners], day)
    return made


def _enter_trainers(run: ClassRun, people: list[Person], day: date) -> None:
    """Whoever completes a class of trainers learns to teach, beneath the trainer of that class (TOT)."""
    teacher = Trainer.objects.filter(person=run.trainer_id).first() if run.trainer_id else None
    known = set(Trainer.objects.filter(person__in=people).values_list("person_id", flat=True))
    Trainer.objects.bulk_create(
        Trainer(person=person, subject=run.course.title, taught_by=teacher, entered_on=day)
        for person in people
        if person.pk not in known
    )


@transaction.atomic
def revoke_completion(
    *, by: Actor, completion: Completion, reason: str, now: datetime
) -> Completion:
    """
    Revoke a completion that turns out wrong (作废结业); whoever checks the certificate reads why.

    :raises PermissionDenied: *by* does not run the class.
    :raises CompletionRevoked, RevokeReasonMissing
    """
    rules.RUN.require(by, completion.class_run)
    run = _hold(completion.class_run)
    completion = Completion.objects.get(pk=completion.pk)
    if completion.revoked_at:
        raise CompletionRevoked(number=completion.number, day=say_day(today(completion.revoked_at)))
    if not (reason := normalize(reason)[:200]):
        raise RevokeReasonMissing
    completion.revoked_at, completion.revoked_why = now, reason
    completion.save(update_fields=["revoked_at", "revoked_why"])
    audit.record(
        by,
        "academy.completion-revoked",
        completion,
        subject=completion.person_id,
        reason=reason,
        place=run.series.place.path,
        now=now,
    )
    return completion
