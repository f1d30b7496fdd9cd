import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from gongzhi.accounts import services
from gongzhi.accounts.middleware import ActingMiddleware
from gongzhi.accounts.models import User
from gongzhi.accounts.testing import appointed, make_user
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    make_county()
    made = make_user(Role.COMMUNITY_CLERK, make_village())
    appointed(made, Role.TOWN_OFFICER, make_town("官仓街道"))
    return made


def roles_of(client):
    """What the next request would hold, asked through the middleware."""
    request = RequestFactory().get("/")
    request.session = client.session
    request.user = User.objects.get(pk=client.session["_auth_user_id"])
    ActingMiddleware(lambda r: HttpResponse())(request)
    return [held.role for held in request.user.held()]


def test_outside_of_a_request_all_roles_count(user):
    assert [h.role for h in user.held()] == ["community_clerk", "town_officer"]


def test_without_a_choice_the_first_role_counts(user, client):
    client.force_login(user)
    assert roles_of(client) == ["community_clerk"]


def test_the_chosen_role_counts_and_no_other(user, client):
    second = user.assignments.get(role=Role.TOWN_OFFICER)
    client.force_login(user)
    answer = client.post("/accounts/roles/", {"role": second.pk})
    assert answer.status_code == 302
    assert roles_of(client) == ["town_officer"]
    line = Line.objects.get(action="accounts.acting-changed")
    assert line.changes["身份"] == ["青溪社区 · 村社专干", "官仓街道 · 镇街干部"]
    assert line.role == "村社专干"


def test_a_kept_choice_counts_at_the_next_sign_in(user, client):
    second = user.assignments.get(role=Role.TOWN_OFFICER)
    client.force_login(user)
    client.post("/accounts/roles/", {"role": second.pk, "keep": "on"})
    client.logout()
    client.force_login(user)
    assert roles_of(client) == ["town_officer"]


def test_a_role_that_ended_is_no_longer_the_usual_one(user, client):
    second = user.assignments.get(role=Role.TOWN_OFFICER)
    User.objects.filter(pk=user.pk).update(usual_post=second.pk)
    user.assignments.filter(pk=second.pk).update(until="2020-06-01")
    client.force_login(user)
    assert roles_of(client) == ["community_clerk"]


def test_one_may_act_as_a_resident_alone(user, client):
    client.force_login(user)
    client.post("/accounts/roles/", {"role": "0"})
    assert roles_of(client) == []


def test_somebody_elses_role_is_refused(user, client):
    other = make_user(Role.COUNTY_LEADER, make_county(), name="王先生")
    client.force_login(user)
    answer = client.post("/accounts/roles/", {"role": other.assignments.get().pk})
    assert answer.status_code == 409
    assert "您现在没有这个身份" in answer.content.decode()
    assert roles_of(client) == ["community_clerk"]
    with pytest.raises(services.RoleNotHeld):
        services.act_for(by=user, post=10**6, keep=False, now=timezone.now())


def test_a_visitor_is_an_actor_without_roles(client):
    request = RequestFactory().get("/")
    request.session = client.session
    request.user = AnonymousUser()
    ActingMiddleware(lambda r: HttpResponse())(request)
    assert (request.user.held(), request.user.pk, request.user.acting) == ((), None, None)
    assert request.user.spoken_name() == "访客"


def test_the_page_lists_the_roles_and_what_waits_in_them(
    user, client, django_assert_max_num_queries
):
    client.force_login(user)
    with django_assert_max_num_queries(25):
        page = client.get("/accounts/roles/").content.decode()
    assert "青溪社区 · 村社专干" in page
    assert "官仓街道 · 镇街干部" in page
    assert "您有3个身份" in page
