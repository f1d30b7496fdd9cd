"""All addresses of the house; each room keeps its own list."""

from django.urls import include, path

from . import api

urlpatterns = [
    path("", include("gongzhi.portal.urls")),
    path("", include("gongzhi.indicators.urls")),
    path("", include("gongzhi.ui.urls")),
    path("academy/", include("gongzhi.academy.urls")),
    path("accounts/", include("gongzhi.accounts.urls")),
    path("activities/", include("gongzhi.activities.urls")),
    path("api/", api.addresses()),
    path("audit/", include("gongzhi.audit.urls")),
    path("centers/", include("gongzhi.centers.urls")),
    path("directory/", include("gongzhi.directory.urls")),
    path("events/", include("gongzhi.events.urls")),
    path("foundation/", include("gongzhi.foundation.urls")),
    path("messages/", include("gongzhi.outbox.urls")),
    path("ledger/", include("gongzhi.ledger.urls")),
    path("places/", include("gongzhi.places.urls")),
    path("registers/", include("gongzhi.registers.urls")),
    path("suggestions/", include("gongzhi.suggestions.urls")),
    path("volunteering/", include("gongzhi.volunteering.urls")),
]
handler400 = "gongzhi.ui.views.bad_request"
handler403 = "gongzhi.ui.views.forbidden"
handler404 = "gongzhi.ui.views.not_found"
handler500 = "gongzhi.ui.views.server_error"
