"""The certificate of completion as a paper (结业证的样子)."""

from __future__ import annotations

from pathlib import Path

from gongzhi.centers.models import Center
from gongzhi.places import queries as places
from gongzhi.shared import papers
from gongzhi.shared.periods import say_day

from . import queries
from .models import Completion

TEMPLATE = Path(__file__).parent / "papers" / "certificate.typ"


def issuer() -> str:
    """Return who issues the academy's certificates: the county's center, else the county (出具单位)."""
    center = Center.objects.filter(level=Center.Level.COUNTY, closed_on=None).first()
    return center.name if center else f"{places.county().name}社区发展治理学院"


def certificate_pdf(completion: Completion, site: str) -> bytes:
    """Return the certificate; *site* is the page that checks it (结业证PDF)."""
    run = completion.class_run
    days = [s.event.day for s in queries.sessions_of(run)]
    hours = round(completion.minutes / 30) / 2
    return papers.pdf(
        TEMPLATE,
        {
            "number": completion.number,
            "code": completion.code,
            "name": completion.name,
            "school": run.course.plan.school.name,
            "plan": run.course.plan.name,
            "course": run.course.title,
            "class": str(run.number),
            "since": say_day(min(days)),
            "until": say_day(max(days)),
            "sessions": str(completion.sessions),
            "hours": f"{hours:g}",
            "completed": say_day(completion.completed_on),
            "issuer": issuer(),
            "qr": papers.qr(f"{site}?number={completion.number}&code={completion.code}"),
            "site": site.split("://", 1)[-1],
        },
    )
