"""The certificate as a paper of A4 (证明的样子)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gongzhi.shared import papers
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day

from .hours import say_hours
from .models import Certificate

TEMPLATE = Path(__file__).parent / "papers" / "certificate.typ"


def data_of(certificate: Certificate, site: str, id_number: str) -> dict[str, Any]:
    """Return what the template prints: finished words, nothing to compute. *site* is the page that checks papers."""
    says = certificate.says
    return {
        "number": certificate.number,
        "code": certificate.code,
        "county": says["county"],
        "name": certificate.name,
        "id": id_number,
        "id_kind": "身份证号",
        "volunteer_number": says["volunteer_number"],
        "since": say_day(certificate.since),
        "until": say_day(certificate.until),
        "times": f"{certificate.times:,}",
        "hours": say_hours(certificate.minutes),
        "other": say_hours(certificate.other_minutes),
        "rows": [row | {"hours": say_hours(row["minutes"])} for row in says["rows"]]
        if certificate.shows_rows
        else [],
        "teams": says["teams"] if certificate.shows_teams else "",
        "qr": papers.qr(address_of(certificate, site)),
        "site": site.split("://", 1)[-1].rstrip("/"),
        "issuer": says["issuer"],
        "issued": say_day(today(certificate.issued_at)),
        "clerk": says["clerk"],
        "phone": says["phone"],
    }


def address_of(certificate: Certificate, site: str) -> str:
    """Return the address in the QR code: number and code, nothing personal."""
    return f"{site}?number={certificate.number}&code={certificate.code}"


def certificate_pdf(certificate: Certificate, site: str, id_number: str) -> bytes:
    """Return the paper; *id_number* as it is to be shown, empty to leave it out (证明PDF)."""
    return papers.pdf(TEMPLATE, data_of(certificate, site, id_number))
