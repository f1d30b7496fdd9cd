"""What everybody sees of the academy: schools, classes that take learners, certificates checked, papers."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from gongzhi.academy import forms, queries
from gongzhi.academy.models import Material
from gongzhi.ui.doors import Request, public

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
    "png": "image/png",
}


@public
@require_GET
def academy(request: Request) -> HttpResponse:
    """Show the schools, what they teach, and the classes that take learners (治理学院)."""
    return render(
        request,
        "academy/academy.html",
        {"schools": queries.schools(), "open": queries.open_to_register(timezone.now())},
    )


@public
@require_GET
def verify(request: Request) -> HttpResponse:
    """Check a certificate of completion by number and code (核验结业证)."""
    asked = "number" in request.GET or "code" in request.GET
    form = forms.VerifyForm(request.GET if asked else None)
    found = None
    if asked and form.is_valid():
        code = form.cleaned_data["code"].replace(" ", "").upper()
        found = queries.certificate(form.cleaned_data["number"].strip().upper(), code)
        if found is None:
            form.add_error(None, "没有这张证书。请对着证书核对编号和验证码，字母不分大小写")
    return render(
        request,
        "academy/verify.html",
        {"form": form, "found": found, "now": timezone.now()},
        status=422 if form.errors else 200,
    )


@public
@require_GET
def material(request: Request, pk: int) -> FileResponse:
    """Send a paper of a course (学习资料)."""
    found = Material.objects.filter(pk=pk, withdrawn_at=None).first()
    if found is None or not default_storage.exists(queries.material_name(found.digest)):
        raise Http404
    return FileResponse(
        default_storage.open(queries.material_name(found.digest)),
        as_attachment=True,
        filename=f"{found.title}.{found.kind}",
        content_type=TYPES[found.kind],
    )
