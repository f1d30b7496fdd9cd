import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from gongzhi.accounts import queries, rules
from gongzhi.accounts.models import RoleAssignment, User
from gongzhi.accounts.testing import appointed, make_user
from gongzhi.directory.testing import make_organization
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user(Role.SYSTEM_ADMIN, make_county(), name="吴先生", phone="13800000001")


@pytest.fixture
def guard():
    return make_user(Role.SECURITY_ADMIN, make_county(), name="周女士", phone="13800000002")


@pytest.fixture
def clerk():
    return make_user(
        Role.COMMUNITY_CLERK, make_village(), name="何女士", phone="13800000005", handle="JT-0102"
    )


def test_the_list_shows_who_holds_what_and_masks_phones(admin, guard, clerk, browser):
    make_user(name="", phone="13800000006")
    text = text_of(browser("accounts:people", user=admin))
    assert "青溪社区 · 村社专干" in text
    assert "138****0005" in text
    assert "13800000005" not in text
    assert "138****0006" not in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"text": "何"}, True),
        ({"text": "JT-0102"}, True),
        ({"text": "138 0000 0005"}, True),
        ({"text": "0005"}, False),
        ({"role": "community_clerk"}, True),
        ({"role": "town_officer"}, False),
        ({"state": "closed"}, False),
        ({"state": "all"}, True),
    ],
)
def test_the_list_is_narrowed(admin, clerk, browser, asked, found):
    assert ("何女士" in text_of(browser("accounts:people", user=admin, **asked))) is found


def test_a_resident_is_found_by_the_whole_number_alone(admin, browser):
    make_user(name="", phone="13800000006")
    assert "138****0006" in text_of(browser("accounts:people", user=admin, text="13800000006"))
    assert "138****0006" not in text_of(browser("accounts:people", user=admin, state="all"))


def test_the_list_costs_the_same_however_long(admin, browser, django_assert_max_num_queries):
    village = make_village()
    for n in range(60):
        make_user(Role.COMMUNITY_CLERK, village, name=f"专干{n}", phone=f"139{n:08}")
    browser.client.force_login(admin)
    with django_assert_max_num_queries(12):
        first = browser("accounts:people")
    assert "下一页" in text_of(first)
    last = next(a.get("href") for a in first.iter("a") if a.get("rel") == "next")
    assert "专干59" in text_of(browser("/accounts/people/" + last))


def test_a_colleague_gets_an_account_and_then_a_role(admin, browser):
    village = make_village()
    tree = browser.post(
        "accounts:new", data={"phone": "138 0000 0005", "name": "何女士"}, user=admin
    )
    user = User.objects.get(name="何女士")
    assert "账号开好了，接着给身份。" in text_of(tree)
    tree = browser.post(
        "accounts:appoint",
        user.pk,
        data={
            "role": "community_clerk",
            "over": "赵镇街道青溪社区",
            "since": "2026-01-01",
            "basis": "赵街发〔2026〕3号",
        },
    )
    assert "身份给好了" in text_of(tree)
    assignment = RoleAssignment.objects.get(user=user)
    assert (assignment.place, assignment.given_by) == (village, admin)


def test_a_manager_is_appointed_over_an_organization_by_its_name(admin, clerk, browser):
    organization = make_organization(name="童伴社工服务中心")
    browser.post(
        "accounts:appoint",
        clerk.pk,
        data={
            "role": "organization_manager",
            "over": "童伴社工服务中心",
            "since": "2026-01-01",
        },
        user=admin,
    )
    assert clerk.assignments.get(role="organization_manager").organization == organization


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"over": "没有这里"}, "没有“没有这里”这个地点"),
        ({"over": ""}, "没有写任在哪里。"),
        ({"over": "赵镇街道"}, "这里要填村社"),
        ({"over": "青溪社区", "until": "2025-01-01"}, "停止的一天要在开始的一天之后"),
    ],
)
def test_a_wrong_appointment_is_answered_in_place(admin, clerk, browser, data, said):
    tree = browser.post(
        "accounts:appoint",
        clerk.pk,
        data={"role": "community_clerk", "since": "2026-01-01", **data},
        user=admin,
        status=422,
    )
    assert said in text_of(tree)


def test_a_role_that_one_may_not_give_is_not_offered(admin, guard, clerk, browser):
    def offered(user):
        tree = browser("accounts:person", clerk.pk, user=user)
        (select,) = [s for s in tree.iter("select") if s.get("name") == "role"]
        return {o.get("value") for o in select.iter("option")}

    assert offered(guard) == {"auditor", "system_admin", "security_admin", "audit_admin"}
    assert not offered(admin) & offered(guard)


def test_ones_own_page_offers_nothing(admin, browser):
    text = text_of(browser("accounts:person", admin.pk, user=admin))
    assert "这是您自己的账号" in text
    assert "给一个身份" not in text
    assert "停用账号" not in text


def test_a_role_is_ended_with_a_reason(admin, clerk, browser):
    assignment = clerk.assignments.get()
    browser.post("accounts:dismiss", assignment.pk, data={"reason": "x"}, user=admin, status=422)
    tree = browser.post("accounts:dismiss", assignment.pk, data={"reason": "调到县里工作了"})
    assert "身份停了" in text_of(tree)
    assert "停了" in text_of(browser("accounts:person", clerk.pk))


def test_an_account_is_closed_and_opened_again(admin, clerk, browser):
    browser.post("accounts:close", clerk.pk, data={"reason": "离职了，收回账号"}, user=admin)
    assert "停用了" in text_of(browser("accounts:person", clerk.pk))
    browser.post("accounts:reopen", clerk.pk, data={"reason": "回来上班了"})
    clerk.refresh_from_db(fields=["is_active"])
    assert clerk.is_active


def test_the_security_admin_sees_what_is_locked_and_opens_it(guard, clerk, browser, says):
    for _ in range(5):
        says("/accounts/login/", do="password", login="JT-0102", password="wrong-one-1")
    text = text_of(browser("accounts:shut", user=guard))
    assert "何女士" in text
    assert "127.0.0.1" not in text
    assert "锁着" in text_of(browser("accounts:person", clerk.pk))
    row = queries.shut(guard, timezone.now()).get()
    tree = browser.post("accounts:unlock", row.pk, data={"reason": "本人当面认过了"})
    assert "现在没有锁着的" in text_of(tree)


def test_the_rules_of_security_are_shown_with_their_source(guard, browser):
    text = text_of(browser("accounts:security", user=guard))
    assert "GB/T 22239-2019" in text
    assert "周女士 · 安全管理员 · 金堂县" in text


ADMIN_PAGES = ("accounts:people", "accounts:new", "accounts:shut", "accounts:security")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}))
def test_nobody_else_comes_in(browser, clerk, role):
    user = make_user(role, make_county(), name="王先生")
    for name in ADMIN_PAGES:
        browser(name, user=user, status=403)
    browser("accounts:person", clerk.pk, user=user, status=403)


def test_each_administrator_keeps_to_their_own(browser, admin, guard, clerk):
    browser("accounts:shut", user=admin, status=403)
    browser("accounts:security", status=403)
    browser("audit:list", status=403)
    browser("accounts:new", user=guard, status=403)
    browser("audit:list", status=403)


def test_a_page_about_nobody_is_not_found(admin, client):
    client.force_login(admin)
    assert client.get("/accounts/people/999999/").status_code == 404
    assert client.post("/accounts/people/999999/close/", {"reason": "没有人"}).status_code == 404


def test_pages_of_ones_own_account_are_read_by_a_careful_person(browser, clerk):
    appointed(clerk, Role.TOWN_OFFICER, make_town("官仓街道"))
    browser.client.force_login(clerk)
    for name in (
        "accounts:me", "accounts:roles", "accounts:change-phone", "account_logout",
        "account_set_password", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn",
        "mfa_list_webauthn",
    ):  # fmt: skip
        browser(name)
    browser.client.logout()
    for name in ("account_login", "account_inactive"):
        browser(name)


def test_every_permission_of_the_house_has_a_chinese_name_and_its_own_code():
    every = queries.matrix()
    assert rules.APPOINT in every
    codes = [p.code for p in every]
    assert len(codes) == len(set(codes))
    assert all(any("\u4e00" <= c <= "\u9fff" for c in p.label) for p in every)
    assert "| accounts.unlock | 解锁账号、重设第二道验证 | 安全管理员 |" in list(
        queries.matrix_rows()
    )


def test_no_page_of_allauth_that_has_no_use_is_mounted():
    for name in ("account_signup", "account_email", "account_reset_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_an_administrator_of_one_town_reaches_nobody_of_another(browser, clerk):
    """No deed appoints one; whoever writes such a role by hand gains nothing beyond that town."""
    here, there = (
        clerk.assignments.get().place,
        make_village("北滨社区", town=make_town("官仓街道")),
    )
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
        stranger = make_user(role, there, name="外人")
        assert "何女士" not in text_of(browser("accounts:people", user=stranger))
        browser("accounts:person", clerk.pk, status=404)
        neighbor = make_user(role, here, name="邻居")
        assert "何女士" in text_of(browser("accounts:people", user=neighbor))
        appointed(clerk, Role.COMMUNITY_CLERK, there)
        assert "何女士" not in text_of(browser("accounts:people"))
        clerk.assignments.filter(place=there).delete()
