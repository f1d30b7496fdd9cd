"""Organizations enter the directory as their registrars have them."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from gongzhi.audit.models import Line
from gongzhi.directory import services
from gongzhi.directory.models import Organization
from gongzhi.directory.services import organizations as deeds
from gongzhi.directory.testing import DAY, NOON, make_actor, make_organization, make_rating
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
Kind = Organization.Kind
CODE = "52510121MJQ9900129"


def register(by=HOUSE, **fields):
    given = {
        "kind": Kind.SERVICE,
        "name": "童伴社工服务中心",
        "registered_on": date(2019, 4, 16),
        "uscc": CODE,
        "now": NOON,
    } | fields
    if "place" not in given:
        given["place"] = make_village()
    return services.register_organization(by=by, **given)


def test_an_organization_is_registered_with_a_line_in_the_book():
    organization = register(contact_phone="13900002076", contact_name="唐女士")

    line = Line.objects.get()
    assert (line.action, line.record_id) == ("directory.organization-registered", organization.pk)
    assert "13900002076" not in str(line.changes)
    assert Organization.objects.get().contact_phone.open() == "13900002076"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"uscc": "52510121MJQ9900120"}, BadValue),  # check character
        ({"uscc": ""}, deeds.CodeDisagrees),
        ({"kind": Kind.ASSOCIATION}, deeds.CodeDisagrees),
        ({"kind": Kind.FILED}, deeds.CodeDisagrees),
        ({"name": "  "}, deeds.NameMissing),
        ({"registered_on": DAY + timedelta(days=1)}, deeds.DayAhead),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_kept(fields, refusal):
    with pytest.raises(refusal) as error:
        register(**fields)

    assert str(error.value).endswith("。")
    assert not Organization.objects.exists()


def test_a_filed_group_has_a_filing_number_and_no_code():
    organization = register(
        kind=Kind.FILED, name="青溪合唱队", uscc="", filing_number="金社备〔2021〕7号"
    )

    assert organization.filing_number == "金社备〔2021〕7号"
    with pytest.raises(deeds.FilingNumberTaken):
        register(kind=Kind.FILED, name="青溪舞蹈队", uscc="", filing_number="金社备〔2021〕7号")


def test_one_code_stands_for_one_organization():
    register()

    with pytest.raises(deeds.CodeTaken) as error:
        register(name="另一家")

    assert "童伴社工服务中心" in str(error.value)


def test_the_database_itself_refuses_a_second_organization_with_the_code():
    register()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_organization(uscc=CODE)


def test_a_clerk_registers_only_beneath_the_place_they_serve():
    here, elsewhere = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)

    assert register(by=clerk, place=here)
    with pytest.raises(PermissionDenied):
        register(by=clerk, place=elsewhere, uscc="51510121MJQ9900207", kind=Kind.ASSOCIATION)


def test_an_amendment_keeps_before_and_after_and_masks_the_number():
    organization = make_organization(contact_phone="13900002076", purpose="旧")

    services.amend_organization(
        by=HOUSE,
        organization=organization,
        changes={"contact_phone": "13900005566", "purpose": "一老一小"},
        reason="有更正申请表",
        now=NOON,
    )

    line = Line.objects.get()
    assert line.changes == {
        "联系电话": ["139****2076", "139****5566"],
        "业务范围": ["旧", "一老一小"],
    }
    organization.refresh_from_db()
    assert organization.contact_phone.open() == "13900005566"


def test_an_amendment_that_changes_nothing_or_says_no_reason_is_refused():
    organization = make_organization(purpose="一老一小")

    with pytest.raises(deeds.NothingChanged):
        services.amend_organization(
            by=HOUSE,
            organization=organization,
            changes={"purpose": "一老一小"},
            reason="核对",
            now=NOON,
        )
    with pytest.raises(deeds.ReasonWanted):
        services.amend_organization(
            by=HOUSE, organization=organization, changes={"purpose": "新"}, reason=" ", now=NOON
        )


def test_a_manager_corrects_the_contact_of_their_own_organization_and_nothing_else():
    own, other = make_organization(), make_organization("别家")
    manager = make_actor(Role.ORGANIZATION_MANAGER, organization=own)
    change = {"changes": {"contact_name": "唐女士"}, "reason": "换了人", "now": NOON}

    assert services.amend_organization(by=manager, organization=own, **change)
    with pytest.raises(PermissionDenied):
        services.amend_organization(by=manager, organization=other, **change)
    with pytest.raises(PermissionDenied):
        services.amend_organization(
            by=manager, organization=own, changes={"name": "新名字"}, reason="改名", now=NOON
        )


def test_an_organization_that_ends_takes_its_rating_with_it_on_that_day():
    organization = make_organization()
    rating = make_rating(organization)
    on = date(2026, 11, 1)

    services.end_organization(
        by=HOUSE, organization=organization, on=on, reason="决定注销", now=NOON
    )

    rating.refresh_from_db()
    organization.refresh_from_db()
    assert (organization.status, organization.ended_on, rating.valid_until) == ("ended", on, on)
    with pytest.raises(deeds.AlreadyEnded):
        services.end_organization(
            by=HOUSE, organization=organization, on=on, reason="再来", now=NOON
        )


def test_the_end_lies_neither_ahead_nor_before_the_beginning():
    organization = make_organization(registered_on=date(2019, 4, 16))

    for on, refusal in (
        (DAY + timedelta(days=1), deeds.DayAhead),
        (date(2019, 4, 15), deeds.EndsBeforeItBegins),
    ):
        with pytest.raises(refusal):
            services.end_organization(
                by=HOUSE, organization=organization, on=on, reason="注销", now=NOON
            )


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_register_one_code_at_once_one_is_told_who_has_it():
    place, start, heard = make_village(), Barrier(2), []

    def press(name):
        start.wait()
        try:
            heard.append(register(place=place, name=name))
        except deeds.CodeTaken as refusal:
            heard.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=press, args=(name,)) for name in ("童伴社工", "青禾社工")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = Organization.objects.get()
    assert sorted(map(type, heard), key=str) == sorted([Organization, str], key=str)
    assert winner.name in next(h for h in heard if isinstance(h, str))
