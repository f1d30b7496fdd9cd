"""Who may teach: requirements are computed, the county says so, and it ends on its day."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gongzhi.academy import queries, rules
from gongzhi.academy.models import Trainer
from gongzhi.audit import services as audit
from gongzhi.directory.models import Person
from gongzhi.directory.queries import add_years
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize


class SubjectMissing(Unacceptable):
    code = "academy.subject-missing"
    message = "没有写能讲什么，所以没有登记。请写一句，例如“开坝坝会、调解邻里纠纷”。"
    field = "subject"


class TrainerKnown(Refused):
    code = "academy.trainer-known"
    message = "{name}已经在讲师名册里，不用再登记。"


class NotReadyToTeach(Refused):
    code = "academy.not-ready-to-teach"
    message = "{name}{missing}，还不能认定为讲师。补上再认定；确实该认的，写明理由再办。"


class AlreadyQualified(Refused):
    code = "academy.already-qualified"
    message = "{name}的讲师资格到{day}，还没有到期，不用再认定。"


class TrainerLeft(Refused):
    code = "academy.trainer-left"
    message = "{name}{day}起不再讲课，不能再{what}。"


@transaction.atomic
def enter_trainer(*, by: Actor, person: Person, subject: str, now: datetime) -> Trainer:
    """
    Enter somebody who teaches or learns to (登记讲师); who taught them comes from the classes they completed.

    :raises PermissionDenied: *by* qualifies nobody at that place.
    :raises SubjectMissing, TrainerKnown
    """
    rules.QUALIFY.require_at(by, person.place.path)
    person = Person.objects.hold(person.pk)
    subject = normalize(subject)[:120]
    if not subject:
        raise SubjectMissing
    if Trainer.objects.filter(person=person).exists():
        raise TrainerKnown(name=person.name)
    trainer = Trainer.objects.create(
        person=person,
        subject=subject,
        taught_by=queries.trainer_who_taught(person),
        entered_on=today(now),
    )
    audit.record(
        by,
        "academy.trainer-entered",
        trainer,
        subject=person.pk,
        changes={"能讲什么": ["", subject]},
        place=person.place.path,
        now=now,
    )
    return trainer


def _held(trainer: Trainer, what: str) -> Trainer:
    """:raises TrainerLeft"""
    trainer = (
        Trainer.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person__place")
        .get(pk=trainer.pk)
    )
    if trainer.left_on:
        raise TrainerLeft(name=trainer.person.name, day=say_day(trainer.left_on), what=what)
    return trainer


@transaction.atomic
def qualify_trainer(*, by: Actor, trainer: Trainer, now: datetime, override: str = "") -> Trainer:
    """
    Say that somebody may teach, for as many years as the dated rule says (认定讲师).

    *override* is why, when a requirement is not met: the thresholds are practice, so a named person may differ.

    :raises PermissionDenied: *by* qualifies nobody at that place.
    :raises TrainerLeft, AlreadyQualified
    :raises NotReadyToTeach: a requirement is not met, and no reason is given.
    """
    rules.QUALIFY.require(by, trainer)
    trainer = _held(trainer, "认定")
    day = today(now)
    if trainer.qualified_until and trainer.qualified_until > day:
        raise AlreadyQualified(name=trainer.person.name, day=say_day(trainer.qualified_until))
    missing = [r for r in queries.requirements_of(trainer.person, day) if not r.is_met]
    override = normalize(override)[:200]
    if missing and not override:
        raise NotReadyToTeach(
            name=trainer.person.name,
            missing="、".join(f"{r.label}还差{r.want - r.have}{r.unit}" for r in missing),
        )
    trainer.qualified_on = day
    trainer.qualified_until = add_years(day, rule("academy.trainer-valid-years", day).number)
    trainer.qualified_by_id = by.pk
    trainer.override = override if missing else ""
    trainer.save(update_fields=["qualified_on", "qualified_until", "qualified_by", "override"])
    audit.record(
        by,
        "academy.trainer-qualified",
        trainer,
        subject=trainer.person_id,
        changes={"有效到": ["", say_day(trainer.qualified_until)]},
        reason=trainer.override,
        place=trainer.person.place.path,
        now=now,
    )
    return trainer


@transaction.atomic
def retire_trainer(*, by: Actor, trainer: Trainer, now: datetime) -> Trainer:
    """
    Note that somebody teaches no more (不再讲课); whom they taught stays in the chain.

    :raises PermissionDenied: *by* qualifies nobody at that place.
    :raises TrainerLeft
    """
    rules.QUALIFY.require(by, trainer)
    trainer = _held(trainer, "办")
    trainer.left_on = today(now)
    trainer.save(update_fields=["left_on"])
    audit.record(
        by,
        "academy.trainer-retired",
        trainer,
        subject=trainer.person_id,
        place=trainer.person.place.path,
        now=now,
    )
    return trainer
