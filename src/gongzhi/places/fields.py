"""A place typed as people write it, for the forms of this room and of every room above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db.models import Q

from gongzhi.shared.permissions import Actor, Permission

from .lookup import PlaceLookup
from .models import Place


class PlaceInput(forms.TextInput):
    """A name to type, with the likely ones offered by the browser itself (地点)."""

    template_name = "places/place_input.html"
    offered: Iterable[str] = ()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, {"autocomplete": "off", **(attrs or {})})
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs']['id']}-offered"
        context["widget"]["offered"] = self.offered
        return context


class PlaceField(forms.CharField):
    """
    A place as people write it: name, alias or code (地点).

    What is not known is answered with near names; what is not theirs is said at the field.
    """

    widget = PlaceInput

    def __init__(
        self,
        label: str = "村社",
        hint: str = "写镇街和村社，例如“赵镇街道北滨社区”",
        *,
        empty: str = "",
    ) -> None:
        super().__init__(
            label=label,
            help_text=hint,
            error_messages={
                "required": empty or f"没有填{label}，不知道归哪里。请写镇街和村社的名称"
            },
        )
        self.levels: tuple[int, ...] = ()
        self.allowed: tuple[str, ...] = ("/",)

    def among(self, levels: Iterable[int], offered: Iterable[Place]) -> None:
        """Take places of these levels only, and offer these names."""
        self.levels = tuple(levels)
        lookup = PlaceLookup()
        self.widget.offered = [lookup.spoken(place.pk) for place in offered]

    def offer(self, by: Actor, permission: Permission, *levels: int, anywhere: bool = False) -> str:
        """Take places of *levels* over which *by* holds *permission*; return the name of the only one, if so."""
        paths = permission.paths(by)
        within = Q(pk__in=[])
        for path in paths:
            within |= Q(path__startswith=path)
        found = Place.objects.filter(within, level=Place.Level.VILLAGE, closed_on=None)
        self.among(levels, found.order_by("sort_key"))
        self.allowed = ("/",) if anywhere else paths
        offered = list(self.widget.offered)
        return offered[0] if len(offered) == 1 else ""

    def clean(self, value: Any) -> Place:
        text = super().clean(value)
        pk, fault = PlaceLookup(levels=self.levels).resolve(text)
        if fault is not None:
            raise forms.ValidationError(f"{fault.wrong}。{fault.mend}")
        place = Place.objects.get(pk=cast(int, pk))
        if not place.path.startswith(self.allowed):
            raise forms.ValidationError(
                f"{PlaceLookup().spoken(place.pk)}不在您的范围，请填您管的地方，或者请那边的人办"
            )
        return place
