from functools import wraps

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from gongzhi.shared.permissions import HOUSE, Held, Permission, Role
from gongzhi.ui.doors import needs, public, signed_in

MOVE = Permission(
    code="places.move-place", label="调整区划", roles=frozenset({Role.COUNTY_OPERATOR})
)
SEE = Permission(code="places.see", label="看地点", roles=frozenset({Role.TOWN_OFFICER}))


class Somebody:
    pk, is_authenticated = 1, True

    def __init__(self, *roles):
        self.roles = roles

    def held(self):
        return tuple(Held(role=role, paths=("/1/",)) for role in self.roles)

    def spoken_name(self):
        return "李女士"


def view(request, pk=0):
    """Show it."""
    return HttpResponse(str(pk))


def ask(rf, guarded, user, **named):
    request = rf.get("/")
    request.user = user
    return guarded(request, **named)


def test_public_needs_no_sign_in():
    opened = public(wraps(view)(lambda request: view(request)))
    assert opened.door == "public"
    assert opened.login_required is False


def test_signed_in_says_so():
    assert signed_in(wraps(view)(lambda request: view(request))).door == "signed-in"


def test_a_permission_held_anywhere_opens_and_nothing_else(rf):
    guarded = needs(MOVE)(view)
    assert guarded.door == (MOVE,)
    assert ask(rf, guarded, Somebody(Role.COUNTY_OPERATOR), pk=5).content == b"5"
    assert ask(rf, guarded, HOUSE).status_code == 200
    with pytest.raises(PermissionDenied, match=r"places\.move-place"):
        ask(rf, guarded, Somebody(Role.TOWN_OFFICER))
    with pytest.raises(PermissionDenied):
        ask(rf, guarded, Somebody())


def test_one_of_several_permissions_is_enough(rf):
    guarded = needs(MOVE, SEE)(view)
    assert ask(rf, guarded, Somebody(Role.TOWN_OFFICER)).status_code == 200


def test_doors_go_with_other_decorators_in_either_order(rf):
    for made in (needs(MOVE)(require_POST(view)), require_POST(needs(MOVE)(view))):
        assert made.door == (MOVE,)
        assert made.__name__ == "view"
        assert made.__doc__ == "Show it."
        assert ask(rf, made, Somebody(Role.COUNTY_OPERATOR)).status_code == 405
    for made in (public(require_POST(view)), require_POST(public(view))):
        assert made.door == "public"
        assert made.login_required is False
