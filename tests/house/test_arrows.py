"""Imports and foreign keys point down, and only down."""

from django.apps import apps
from importlinter.cli import lint_imports

from gongzhi.config.rooms import ROOMS

from .heights import ROOT, heights


def test_imports_point_down(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)

    failed = lint_imports(no_cache=True)

    assert not failed, capsys.readouterr().out


def test_foreign_keys_point_down():
    height = heights()
    for model in apps.get_models():
        own = model._meta.app_label
        for field in model._meta.get_fields():
            if not (field.concrete and field.related_model):
                continue
            target = field.related_model._meta.app_label
            if target != own and {own, target} <= height.keys():
                assert height[target] < height[own], f"{field} points up or sideways"


def test_the_list_of_rooms_is_in_the_order_of_the_arrows():
    height = heights()
    rooms = [room for room in ROOMS if room in height]

    assert rooms == sorted(rooms, key=height.get, reverse=True)
    assert set(rooms) == height.keys() - {"shared"}
