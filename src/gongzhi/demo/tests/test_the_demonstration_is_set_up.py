"""`gongzhi demo` through and through, with fewer people; run again, it adds nothing."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from gongzhi.accounts.models import User
from gongzhi.centers.models import Center
from gongzhi.demo import generator, stage
from gongzhi.directory.models import (
    Candidate,
    CollectiveYear,
    Membership,
    Organization,
    Person,
    Rating,
    Team,
    Volunteer,
)
from gongzhi.places.models import Place
from gongzhi.registers import tasks
from gongzhi.registers.models import Import
from gongzhi.suggestions.models import Suggestion

pytestmark = pytest.mark.django_db(transaction=True)


def counts():
    return {
        model.__name__: model.objects.count()
        for model in (
            *(Place, Organization, Rating, CollectiveYear, Person, Volunteer, Team, Membership),
            *(Candidate, Center, User, Suggestion, Import),
        )
    }


def test_the_demonstration_is_set_up_once(settings, tmp_path, monkeypatch):
    settings.HOME = settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(generator, "VOLUNTEERS", 4_000)
    monkeypatch.setattr(generator, "TEAMS", 24)
    monkeypatch.setattr(generator, "LOOK_ALIKE", 3)
    said = io.StringIO()

    call_command("demo", no_facts=True, stdout=said)

    first = counts()
    assert (first["Volunteer"], first["Team"], first["Center"]) == (4_000, 24, 4)
    assert first["CollectiveYear"] == 400
    assert first["User"] == len(stage.seats())
    assert Organization.objects.filter(kind__in=Organization.SOCIAL, ended_on=None).count() == 560
    assert not Import.objects.exclude(state="done").exists()
    assert not Import.objects.exclude(faulty_rows=0).exists()
    assert "19900000001  县支持中心运营" in said.getvalue()

    call_command("demo", no_facts=True, stdout=said)
    assert counts() == first

    tasks.pick_up(timezone.now() + timedelta(days=8))
    assert not list(tmp_path.rglob("*.sealed")), "files are forgotten, records stay"
    assert counts() == first
