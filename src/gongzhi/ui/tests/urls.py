"""This room's addresses, with four views that say no beside them."""

from django.core.exceptions import PermissionDenied
from django.urls import include, path

from gongzhi.shared.refusals import Unacceptable
from gongzhi.ui.doors import public, signed_in

handler400 = "gongzhi.ui.views.bad_request"
handler403 = "gongzhi.ui.views.forbidden"
handler404 = "gongzhi.ui.views.not_found"
handler500 = "gongzhi.ui.views.server_error"


class YearUnknown(Unacceptable):
    code, message = "ui.year-unknown", "{year}年还没有日历。请先导入这一年的放假通知。"


@public
def unacceptable(request):
    raise YearUnknown(year=2031)


@public
def not_yours(request):
    raise PermissionDenied("places.move-place")


@public
def breaks(request):
    raise ZeroDivisionError


@signed_in
def members_only(request):
    raise AssertionError("nobody is signed in")


urlpatterns = [
    path("", include("gongzhi.ui.urls")),
    path("test/unacceptable/", unacceptable),
    path("test/not-yours/", not_yours),
    path("test/breaks/", breaks),
    path("test/members-only/", members_only),
]
