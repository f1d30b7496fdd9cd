"""Django forms in the clothes of the house: `FORM_RENDERER = "gongzhi.ui.forms.HouseRenderer"`."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates

PLAIN = (
    forms.HiddenInput,
    forms.CheckboxInput,
    forms.RadioSelect,
    forms.CheckboxSelectMultiple,
    forms.FileInput,
)
OURS = {
    "django/forms/widgets/radio.html": "ui/widgets/choices.html",
    "django/forms/widgets/checkbox_select.html": "ui/widgets/choices.html",
    "django/forms/widgets/file.html": "ui/widgets/file.html",
    "django/forms/widgets/clearable_file_input.html": "ui/widgets/file.html",
}

F = TypeVar("F", bound=forms.Field)


def field_of(form: forms.BaseForm, name: str, kind: type[F]) -> F:
    """
    Return the field *name* of *form* as the *kind* that the form declares (表单项), to offer choices in it.

    :raises TypeError: the form declares another kind of field.
    """
    field = form.fields[name]
    if not isinstance(field, kind):
        raise TypeError(f"{name} is a {type(field).__name__}, not a {kind.__name__}")
    return field


def class_of(widget: forms.Widget) -> str:
    """Return the design class of a control (控件); choices bring their own."""
    if isinstance(widget, PLAIN):
        return ""
    if isinstance(widget, forms.Textarea):
        return "textarea"
    return "select" if isinstance(widget, forms.Select) else "input"


class HouseField(BoundField):
    """A field that dresses its own widget (表单项)."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        # These attrs replace those of the widget, so a class asked for there is kept by hand.
        asked = attrs.get("class") or widget.attrs.get("class", "")
        if dressed := f"{class_of(widget)} {asked}".strip():
            attrs["class"] = dressed
        if isinstance(widget, forms.Textarea) and widget.attrs.get("rows") == "10":
            attrs["rows"] = "4"  # Django's ten lines frighten; the box grows by its corner
        return attrs


class HouseRenderer(DjangoTemplates):
    """Render forms, fields and widgets as the design has them (表单样式)."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"
    bound_field_class = HouseField

    def get_template(self, template_name: str) -> Any:
        return super().get_template(OURS.get(template_name, template_name))


class DayInput(forms.DateInput):
    """A date picked from the browser's own calendar (日期)."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "w-m", **(attrs or {})}, format="%Y-%m-%d")


class Affix(forms.TextInput):
    """A number with its unit behind it (带单位): `Affix("元", inputmode="decimal")`."""

    template_name = "ui/widgets/affix.html"

    def __init__(self, unit: str, **attrs: Any) -> None:
        super().__init__({"inputmode": "numeric", **attrs})
        self.unit = unit

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["unit"] = self.unit
        return context
