from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from gongzhi.audit import queries, services
from gongzhi.audit.models import Line, Seal, SealHead
from gongzhi.shared.permissions import HOUSE

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=3)

pytestmark = pytest.mark.django_db


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def written(count):
    return [
        services.record(HOUSE, "audit.book-read", reason=f"第{n}条", now=NOW) for n in range(count)
    ]


def found(**kept):
    return [(t.kind, t.line) for t in queries.verify(**kept)]


@pytest.fixture
def book():
    lines = written(5)
    services.seal(now=NOW)
    return lines


def test_an_untouched_book_is_proved(book):
    assert found() == []
    assert [s.number for s in Seal.objects.order_by("number")] == [1, 2, 3, 4, 5]


def test_sealing_goes_on_where_it_stopped(book):
    written(3)
    assert services.seal(now=NOW) == 3
    assert services.seal(now=NOW) == 0
    assert SealHead.objects.get().number == 8
    assert found() == []


def test_a_changed_word_is_found(book):
    sql("UPDATE audit_line SET reason = %s WHERE id = %s", "别的理由", book[2].pk)
    assert found() == [("changed", book[2].pk)]
    (what,) = queries.verify()
    assert str(what) == (
        f"编号{book[2].pk}的留痕（2026年11月23日09:05，系统，查看了操作留痕）被改过：内容和摘要对不上。"
    )


def test_a_changed_word_with_another_lines_digest_is_found(book):
    other = book[0].digest[:-1] + ("0" if book[0].digest[-1] != "0" else "1")
    sql("UPDATE audit_line SET reason = 'x', digest = %s WHERE id = %s", other, book[3].pk)
    assert found() == [("changed", book[3].pk)]


@pytest.mark.parametrize("column", ["actor_id", "subject_id", "record_id"])
def test_a_changed_number_is_found(book, column):
    sql(f"UPDATE audit_line SET {column} = 77 WHERE id = %s", book[1].pk)
    assert found() == [("changed", book[1].pk)]


def test_a_moved_moment_is_found(book):
    sql("UPDATE audit_line SET happened_at = %s WHERE id = %s", LATER, book[1].pk)
    assert found() == [("changed", book[1].pk)]


def test_a_removed_line_is_found(book):
    sql("DELETE FROM audit_line WHERE id = %s", book[1].pk)
    assert found() == [("removed", book[1].pk)]


def test_a_line_removed_together_with_its_seal_is_found(book):
    sql("DELETE FROM audit_line WHERE id = %s", book[1].pk)
    sql("DELETE FROM audit_seal WHERE line_id = %s", book[1].pk)
    (what,) = queries.verify()
    assert what.kind == "removed"
    assert "封存第2号不见了" in str(what)


def test_the_last_line_removed_with_its_seal_is_found(book):
    sql("DELETE FROM audit_line WHERE id = %s", book[4].pk)
    sql("DELETE FROM audit_seal WHERE line_id = %s", book[4].pk)
    (what,) = queries.verify()
    assert (what.kind, what.line) == ("chain", None)
    assert "末尾的封存被删过或改过" in str(what)


def test_a_book_cut_off_and_closed_again_is_found_by_a_published_chain_value(book):
    (head,) = queries.daily_heads(today=NOW.date())
    sql("DELETE FROM audit_line WHERE id = %s", book[4].pk)
    sql("DELETE FROM audit_seal WHERE line_id = %s", book[4].pk)
    sql(
        "UPDATE audit_sealhead SET number = 4, chain = (SELECT chain FROM audit_seal WHERE number = 4)"
    )
    assert found() == []
    assert found(kept={head.day: head.chain}) == [("chain", None)]


def test_an_inserted_line_without_the_key_is_found(book):
    sql(
        "INSERT INTO audit_line (happened_at, actor_name, role, action, record, place_path, changes,"
        " reason, request_id, digest) VALUES (%s, '李女士', '', 'audit.book-read', '', '', '{}', '', '', %s)",
        NOW,
        "0" * 64,
    )
    assert services.seal(now=NOW) == 0
    (what,) = queries.verify()
    assert what.kind == "inserted"
    assert "李女士" in str(what)


def test_a_line_put_among_old_ones_is_found_even_when_its_digest_fits(book):
    gap = written(1)[0]
    written(2)
    services.seal(now=NOW)
    services.seal(now=NOW + timedelta(days=2))
    services.seal(now=NOW + timedelta(days=4))
    sql("DELETE FROM audit_seal WHERE line_id = %s", gap.pk)
    kinds = {t.kind for t in queries.verify()}
    assert kinds == {"removed", "inserted"}
    assert ("inserted", gap.pk) in found()


def test_a_changed_seal_is_found_and_named_alone(book):
    sql("UPDATE audit_seal SET chain = %s WHERE number = 3", "f" * 64)
    assert found() == [("chain", book[2].pk)]


def test_two_lines_that_changed_places_are_found(book):
    a, b = book[1].pk, book[2].pk
    for seal, line in ((a, 900), (b, a), (900, b)):
        sql("UPDATE audit_seal SET line_id = %s WHERE line_id = %s", line, seal)
    assert {kind for kind, _ in found()} == {"chain", "changed"}


def test_a_line_that_is_not_sealed_yet_is_no_fault(book):
    written(1)
    assert found() == []


def test_a_late_line_with_a_lower_number_is_still_sealed(book):
    """On PostgreSQL a long transaction may commit a number that was passed already."""
    late = written(3)[0]
    Line.objects.filter(pk=late.pk).delete()
    services.seal(now=NOW)
    late.save(force_insert=True)
    assert services.seal(now=NOW + timedelta(minutes=1)) == 1
    assert found() == []


def test_proving_reads_in_batches(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(queries, "BATCH", 10)
    monkeypatch.setattr(services, "BATCH", 10)
    written(35)
    services.seal(now=NOW)
    assert Seal.objects.count() == 35
    with django_assert_max_num_queries(5 * 2 + 4):
        assert found() == []
