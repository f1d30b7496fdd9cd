"""What somebody asks of the book of deeds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import AppConfig, apps

from gongzhi.shared.refusals import Refused
from gongzhi.shared.rooms import rooms
from gongzhi.ui.forms import DayInput, field_of

from . import queries


class AskForm(forms.Form):
    """The filter over the book; it lives in the address, so that a list can be sent on (筛选)."""

    since = forms.DateField(label="从哪天", required=False, widget=DayInput())
    until = forms.DateField(label="到哪天", required=False, widget=DayInput())
    actor = forms.CharField(label="谁做的", required=False, max_length=40)
    action = forms.ChoiceField(label="做了什么", required=False)
    record = forms.ChoiceField(label="对什么做的", required=False)
    record_id = forms.IntegerField(label="编号", required=False, min_value=1)
    place = forms.CharField(label="在哪里", required=False, max_length=60)
    before = forms.IntegerField(required=False, widget=forms.HiddenInput)
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        field_of(self, "action", forms.ChoiceField).choices = [
            ("", "全部"),
            *sorted(queries.actions().items(), key=lambda pair: pair[0]),
        ]
        field_of(self, "record", forms.ChoiceField).choices = [
            ("", "全部"),
            *[
                (rooms()[config.label].label if config.label in rooms() else config.label, kinds)
                for config in reversed(list(apps.get_app_configs()))
                if (kinds := _records_of(config))
            ],
        ]
        for name in ("actor", "place"):
            self.fields[name].widget.input_type = "search"

    def clean_place(self) -> str:
        text = self.cleaned_data["place"]
        self.path = ""
        if text:
            try:
                self.path = queries.path_of_place(text)
            except Refused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return text

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error(
                "until", "结束的一天在开始的一天之前，这样一条也查不到。请把两个日期对调。"
            )
        return given

    def asked(self) -> queries.Asked:
        """Return what was asked for; nothing when the form is not valid."""
        given = self.cleaned_data
        return queries.Asked(
            since=given.get("since"),
            until=given.get("until"),
            actor=given.get("actor", ""),
            action=given.get("action", ""),
            record=given.get("record", ""),
            record_id=given.get("record_id"),
            place=given.get("place", ""),
            place_path=self.path,
        )


class ExportForm(AskForm):
    """The same filter, and why the lines leave the house (导出)."""

    reason = forms.CharField(label="为什么导出", required=False, max_length=300)


def _records_of(room: AppConfig) -> list[tuple[str, str]]:
    return [
        (model._meta.label_lower, str(model._meta.verbose_name))
        for model in room.get_models()
        if model.__module__.startswith("gongzhi.")
    ]
