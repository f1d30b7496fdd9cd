"""What comes in from the pages of imports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Register
from gongzhi.shared.spreadsheets import SheetRefused
from gongzhi.shared.spreadsheets.guards import check_size
from gongzhi.ui.forms import field_of

from . import engine, queries


class UploadForm(forms.Form):
    """
    A file for one register and one place (选文件). Cleaning it opens it: `table` is what was
    read.
    """

    place = forms.ModelChoiceField(
        Place.objects.none(),
        label="替哪里导",
        help_text="只收这里的记录，别处的会列在“要改”里",
        empty_label=None,
    )
    file = forms.FileField(
        label="文件",
        help_text="收xlsx、xls、ods和csv；表头上面有标题不要紧",
        error_messages={
            "required": "没有选文件。请选一份登记表",
            "empty": "文件是空的，一个字节也没有。请重新另存后再选",
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv,.txt"}),
    )

    def __init__(self, *args: Any, register: Register, by: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        self.register = register
        field_of(self, "place", forms.ModelChoiceField).queryset = queries.places_for(by, register)

    def clean_file(self) -> Any:
        """Open the file far enough to know its header; what cannot be read is said at the field."""
        file = self.cleaned_data["file"]
        try:
            check_size(file.size, settings.GONGZHI_UPLOAD_LIMIT)
            self.content = file.read()
            self.table = engine.opened(self.content, file.name, self.register)
        except SheetRefused as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal
        return file
