"""What every table of the house is like."""

import inspect
import re

import pytest
from django.apps import apps
from django.db import models

from gongzhi.shared.sealed import SealedField

OURS = [
    m
    for m in apps.get_models()
    if m.__module__.startswith("gongzhi.") and ".tests" not in m.__module__
]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m._meta.label)
class TestATable:
    def test_is_called_by_a_chinese_name(self, model):
        assert re.search(r"[一-鿿]", str(model._meta.verbose_name))

    def test_names_every_column_in_chinese(self, model):
        for field in model._meta.concrete_fields:
            if not field.primary_key and field.name not in {"password", "last_login"}:
                assert re.search(r"[一-鿿]", str(field.verbose_name)), field

    def test_says_what_it_is(self, model):
        assert model.__doc__
        assert not model.__doc__.startswith(f"{model.__name__}(")

    def test_has_no_hidden_order_and_no_save_of_its_own(self, model):
        assert not model._meta.ordering
        assert "save" not in vars(model)

    def test_asks_no_query_in_a_property(self, model):
        for name, value in inspect.getmembers(model, lambda v: isinstance(v, property)):
            source = inspect.getsource(value.fget) if value.fget else ""
            assert not re.search(r"\.objects\.|\.filter\(|\.exists\(|\.count\(", source), name

    def test_deletes_no_fact_by_cascade(self, model):
        for field in model._meta.concrete_fields:
            if field.related_model in OURS:
                assert field.remote_field.on_delete is models.PROTECT, field

    def test_declares_the_class_of_what_it_seals(self, model):
        declared = getattr(model, "PRIVACY", {})
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedField):
                assert declared.get(field.name) in {"S2", "S3"}, field
        assert set(declared) <= {f.name for f in model._meta.get_fields()}

    def test_keeps_nullable_columns_out_of_unique_keys(self, model):
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint):
                for name in constraint.fields:
                    assert not model._meta.get_field(name).null, constraint.name
