"""The academy: schools and plans, classes with their sessions, who completed, who teaches and whom they taught."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from gongzhi.accounts.models import User
from gongzhi.directory.models import Person
from gongzhi.events.models import Event, Series


class School(models.Model):
    """One of the academy's schools (学苑)."""

    key = models.SlugField("标识", max_length=30, unique=True)
    name = models.CharField("名称", max_length=40, unique=True)
    summary = models.CharField("教什么", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "学苑"

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A training plan of a school (培训计划); its key is the topic of its events."""

    key = models.SlugField("标识", max_length=40, unique=True)
    school = models.ForeignKey(School, models.PROTECT, related_name="plans", verbose_name="学苑")
    name = models.CharField("名称", max_length=40, unique=True)
    audience = models.CharField("教谁", max_length=60)
    summary = models.CharField("一句话介绍", max_length=200)
    trains_trainers = models.BooleanField("培训讲师（TOT）", default=False)
    founded_on = models.DateField("哪天起")
    ended_on = models.DateField("哪天停", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "培训计划"
        constraints = [
            CheckConstraint(
                name="academy_plan_ends_after_it_began",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("founded_on")),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Course(models.Model):
    """What is taught in a class of a plan (课程), and what it takes to complete it."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="courses", verbose_name="计划")
    title = models.CharField("课程", max_length=60)
    syllabus = models.TextField("讲什么", max_length=2000, blank=True)
    sessions_wanted = models.SmallIntegerField("到几次课才结业")
    work = models.CharField("还要交什么", max_length=40, blank=True)
    founded_on = models.DateField("哪天起")
    ended_on = models.DateField("哪天停", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "课程"
        constraints = [
            UniqueConstraint(
                name="academy_one_course_a_title",
                fields=["plan", "title"],
                condition=Q(ended_on__isnull=True),
            ),
            CheckConstraint(
                name="academy_a_course_wants_some_sessions", condition=Q(sessions_wanted__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Material(models.Model):
    """A paper for those who learn (学习资料), kept by its content."""

    PRIVACY: ClassVar = {"digest": "S1"}

    course = models.ForeignKey(
        Course, models.PROTECT, related_name="materials", verbose_name="课程"
    )
    title = models.CharField("名称", max_length=60)
    digest = models.CharField("内容摘要", max_length=64)
    kind = models.CharField("文件类型", max_length=5)
    size = models.IntegerField("字节数")
    added_at = models.DateTimeField("上传时间")
    added_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁传的"
    )
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "学习资料"
        constraints = [
            UniqueConstraint(
                name="academy_one_material_of_a_content",
                fields=["course", "digest"],
                condition=Q(withdrawn_at__isnull=True),
            )
        ]


class ClassRun(models.Model):
    """
    One class of a course (班): its sessions are events of one series.

    People register once, for the first session; whoever has a seat there is a learner of the class.
    """

    course = models.ForeignKey(Course, models.PROTECT, related_name="classes", verbose_name="课程")
    number = models.IntegerField("第几班")
    series = models.OneToOneField(
        Series, models.PROTECT, related_name="class_run", verbose_name="场次系列"
    )
    trainer = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主讲"
    )
    sessions_wanted = models.SmallIntegerField("到几次课才结业")
    work = models.CharField("还要交什么", max_length=40, blank=True)
    work_due = models.DateField("哪天前交", null=True, blank=True)
    opened_at = models.DateTimeField("开班时间")
    closed_at = models.DateTimeField("结班时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "班"
        constraints = [
            # The number counts the classes of a plan; a plan's row is held while it is given.
            UniqueConstraint(name="academy_one_class_a_number", fields=["course", "number"]),
            CheckConstraint(
                name="academy_a_class_wants_some_sessions", condition=Q(sessions_wanted__gte=1)
            ),
        ]

    @property
    def title(self) -> str:
        """What the class is called (班名): `伙伴计划第33班：怎样开好一次坝坝会`; needs the series loaded."""
        return self.series.title


class Session(models.Model):
    """One session of a class (一次课)."""

    class_run = models.ForeignKey(
        ClassRun, models.PROTECT, related_name="sessions", verbose_name="班"
    )
    number = models.SmallIntegerField("第几次")
    event = models.OneToOneField(Event, models.PROTECT, related_name="session", verbose_name="场次")

    class Meta:
        verbose_name = verbose_name_plural = "一次课"
        constraints = [
            UniqueConstraint(name="academy_one_session_a_number", fields=["class_run", "number"])
        ]


class Leave(models.Model):
    """That somebody said before that they cannot come (请假)."""

    PRIVACY: ClassVar = {"reason": "S2"}

    session = models.ForeignKey(
        Session, models.PROTECT, related_name="leaves", verbose_name="哪次课"
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="学员")
    reason = models.CharField("原因", max_length=120)
    noted_at = models.DateTimeField("记的时间")
    withdrawn_at = models.DateTimeField("销假时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "请假"
        constraints = [
            UniqueConstraint(
                name="academy_one_leave_a_session",
                fields=["session", "person"],
                condition=Q(withdrawn_at__isnull=True),
            )
        ]


class Work(models.Model):
    """What a learner handed in (作业): that it came and what it is called, not a mark."""

    class_run = models.ForeignKey(ClassRun, models.PROTECT, related_name="works", verbose_name="班")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="学员")
    title = models.CharField("题目", max_length=80)
    received_on = models.DateField("哪天收到")
    noted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁收的"
    )

    class Meta:
        verbose_name = verbose_name_plural = "作业"
        constraints = [
            UniqueConstraint(name="academy_one_work_a_learner", fields=["class_run", "person"])
        ]


class Completion(models.Model):
    """
    That somebody completed a class (结业), with the number and code of the certificate.

    What the certificate says is kept with it; one that turns out wrong is revoked, and the page behind it says so.
    """

    PRIVACY: ClassVar = {"code": "S2", "name": "S1"}

    class_run = models.ForeignKey(
        ClassRun, models.PROTECT, related_name="completions", verbose_name="班"
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="学员")
    name = models.CharField("姓名", max_length=40)
    sessions = models.SmallIntegerField("到了几次课")
    minutes = models.IntegerField("学了多少分钟")
    completed_on = models.DateField("结业日期")
    number = models.CharField("证书编号", max_length=30, unique=True)
    code = models.CharField("验证码", max_length=8)
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办"
    )
    override = models.CharField("没满条件的理由", max_length=200, blank=True)
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)
    revoked_why = models.CharField("作废原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "结业"
        constraints = [
            UniqueConstraint(
                name="academy_one_completion_a_learner",
                fields=["class_run", "person"],
                condition=Q(revoked_at__isnull=True),
            ),
            CheckConstraint(
                name="academy_what_is_revoked_says_why",
                condition=Q(revoked_at__isnull=True, revoked_why="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_why=""),
            ),
        ]
        indexes = [Index(name="academy_completions_of", fields=["person", "completed_on"])]


class Trainer(models.Model):
    """Somebody who teaches, or learns to (讲师); whether they may is computed from requirements, then said once."""

    PRIVACY: ClassVar = {"override": "S1"}

    person = models.OneToOneField(Person, models.PROTECT, related_name="+", verbose_name="人")
    subject = models.CharField("能讲什么", max_length=120)
    # Who taught them to teach: the trainer of the class of trainers they completed first.
    taught_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="taught", verbose_name="谁带的"
    )
    entered_on = models.DateField("哪天起学讲课")
    qualified_on = models.DateField("哪天成为讲师", null=True, blank=True)
    qualified_until = models.DateField("有效到（不含）", null=True, blank=True)
    qualified_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁认的"
    )
    override = models.CharField("没满条件的理由", max_length=200, blank=True)
    left_on = models.DateField("哪天不再讲", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "讲师"
        constraints = [
            CheckConstraint(
                name="academy_a_trainer_is_qualified_for_a_while",
                condition=Q(qualified_on__isnull=True, qualified_until__isnull=True)
                | Q(qualified_until__gt=F("qualified_on")),
            ),
            CheckConstraint(
                name="academy_nobody_taught_themselves", condition=~Q(taught_by=F("id"))
            ),
        ]
