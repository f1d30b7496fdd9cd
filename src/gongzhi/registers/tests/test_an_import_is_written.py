"""One resumable job: chunk by chunk, whatever happens to the process in between."""

import os
import signal
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection, connections

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.places.models import Alias, Place
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.registers import engine, queries, services, tasks
from gongzhi.registers.models import Import, ImportChunk
from gongzhi.registers.testing import ALIASES, NOON, make_import, make_xlsx, rows_of
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 33


@pytest.fixture
def town(monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 7)
    make_village("青溪社区", town=make_town("赵镇街道"))
    return Place.objects.get(name="赵镇街道")


@pytest.fixture
def confirmed(town):
    batch = make_import(rows_of(ROWS), place=town)
    return services.confirm_import(by=HOUSE, batch=batch, now=NOON)


def written(batch):
    batch.refresh_from_db()
    return batch.state, batch.added, Alias.objects.count()


def test_nothing_is_written_until_somebody_confirms(town):
    batch = make_import(rows_of(3), place=town)

    with pytest.raises(services.NotWaiting):
        services.run_import(by=HOUSE, batch=batch, now=NOON)
    assert not Alias.objects.exists()


def test_confirmed_rows_are_written_to_the_last(confirmed):
    services.run_import(by=HOUSE, batch=confirmed, now=NOON)

    assert written(confirmed) == (Import.State.DONE, ROWS, ROWS)
    assert not any(c.ready for c in ImportChunk.objects.all()), "what is written waits no longer"


def test_the_same_file_again_adds_nothing(confirmed, town):
    services.run_import(by=HOUSE, batch=confirmed, now=NOON)

    again = make_import(rows_of(ROWS), place=town)

    assert (again.same_rows, again.to_write) == (ROWS, 0)
    with pytest.raises(services.NothingToWrite):
        services.confirm_import(by=HOUSE, batch=again, now=NOON)


def test_two_looks_at_one_file_write_it_once(town):
    first, second = (make_import(rows_of(ROWS), place=town) for _ in range(2))
    for batch in (first, second):
        services.confirm_import(by=HOUSE, batch=batch, now=NOON)
        services.run_import(by=HOUSE, batch=batch, now=NOON)

    second.refresh_from_db()
    assert (second.added, second.unchanged) == (0, ROWS)
    assert Alias.objects.count() == ROWS


def die_at_statement(number, batch):
    """Run the import in a child that kills itself with SIGKILL before its *number*-th statement."""
    connections.close_all()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    try:
        count = 0

        def stop(execute, sql, params, many, context):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(stop):
            services.run_import(by=HOUSE, batch=batch, now=NOON)
    finally:
        os._exit(0)


@pytest.mark.parametrize("moment", [2, 9, 15, 22, 31, 40, 52, 63, 77, 90, 104, 121, 138, 155])
def test_killed_at_any_moment_nothing_is_lost_and_no_row_is_half_there(confirmed, moment):
    assert die_at_statement(moment, confirmed), "the child was killed on its way"

    confirmed.refresh_from_db()
    assert Alias.objects.count() == confirmed.added == min(7 * confirmed.cursor, ROWS)
    assert Line.objects.filter(action="registers.chunk-written").count() == confirmed.cursor

    services.run_import(by=HOUSE, batch=confirmed, now=NOON)

    assert written(confirmed) == (Import.State.DONE, ROWS, ROWS)
    assert Line.objects.filter(action="registers.chunk-written").count() == 5


def test_two_workers_at_once_write_every_chunk_once(confirmed):
    start = Barrier(2)

    def work():
        try:
            start.wait(5)
            services.run_import(by=HOUSE, batch=Import.objects.get(pk=confirmed.pk), now=NOON)
        except services.NotWaiting:
            pass  # the other had finished before this one came
        finally:
            connections.close_all()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert written(confirmed) == (Import.State.DONE, ROWS, ROWS)
    assert Line.objects.filter(action="registers.chunk-written").count() == 5


def test_an_import_can_rest_and_go_on(confirmed, town):
    officer = make_user(Role.TOWN_OFFICER, town)
    services.pause_import(by=officer, batch=confirmed, now=NOON)
    with pytest.raises(services.NotWaiting, match="停着"):
        services.run_import(by=officer, batch=confirmed, now=NOON)

    tasks.go_on(by=officer, batch=confirmed, now=NOON)

    assert written(confirmed)[0] == Import.State.DONE


def test_a_worker_stops_after_its_chunk_when_somebody_pauses(confirmed):
    held = services.run_import.__wrapped__  # the deed without its job
    from django.db import transaction

    with transaction.atomic():
        held(by=HOUSE, batch=confirmed, now=NOON)
        confirmed.refresh_from_db()
        context = ALIASES.prepare(HOUSE, confirmed.place, NOON, {})
        assert services.write_chunk(by=HOUSE, batch=confirmed, context=context, now=NOON)
        services.pause_import(by=HOUSE, batch=confirmed, now=NOON)
        assert not services.write_chunk(by=HOUSE, batch=confirmed, context=context, now=NOON)

    assert confirmed.__class__.objects.get(pk=confirmed.pk).added == 7


def test_what_stopped_is_picked_up_after_a_minute_of_silence(confirmed):
    assert not queries.stopped(NOON + timedelta(seconds=59)).exists()
    assert tasks.pick_up(NOON + timedelta(seconds=61)) == (1, 0)

    assert written(confirmed)[0] == Import.State.DONE


def test_the_command_picks_up_and_forgets(confirmed, capsys):
    call_command("resume-imports")

    assert "接上1个停住的导入" in capsys.readouterr().out
    assert written(confirmed)[0] == Import.State.DONE


def test_a_refused_chunk_stops_the_import_with_its_sentence_and_it_can_go_on(
    confirmed, monkeypatch
):
    good = ALIASES.write
    calls = []

    def refuse_the_third(by, rows, context, now):
        calls.append(1)
        if len(calls) == 3:
            raise services.CannotWithdraw(register="别名", why="撤不了。")
        return good(by, rows, context, now)

    object.__setattr__(ALIASES, "write", refuse_the_third)
    try:
        services.run_import(by=HOUSE, batch=confirmed, now=NOON)
        assert written(confirmed) == (Import.State.FAILED, 14, 14)
        assert confirmed.failure.endswith("。")

        services.resume_import(by=HOUSE, batch=confirmed, now=NOON)
        services.run_import(by=HOUSE, batch=confirmed, now=NOON)
    finally:
        object.__setattr__(ALIASES, "write", good)

    assert written(confirmed) == (Import.State.DONE, ROWS, ROWS)
    assert confirmed.resumed_from == 14


def test_a_written_import_can_be_taken_back_but_for_what_was_used_since(confirmed, town):
    officer = make_user(Role.TOWN_OFFICER, town)
    services.run_import(by=HOUSE, batch=confirmed, now=NOON)
    Alias.objects.filter(name="3号大院").update(note="留着")

    with pytest.raises(services.ReasonNeeded):
        services.withdraw_import(by=officer, batch=confirmed, reason=" ", now=NOON)
    back = services.withdraw_import(by=officer, batch=confirmed, reason="传错了镇街", now=NOON)

    assert (back.state, back.withdrawn_rows, back.kept_rows) == ("withdrawn", ROWS - 1, 1)
    assert Alias.objects.get().name == "3号大院"
    with pytest.raises(services.NotWaiting):
        services.withdraw_import(by=officer, batch=confirmed, reason="再撤", now=NOON)


def test_after_a_week_it_is_too_late_to_take_back_as_a_whole(confirmed):
    services.run_import(by=HOUSE, batch=confirmed, now=NOON)
    Import.objects.update(finished_at=NOON)

    with pytest.raises(services.TooLateToWithdraw, match="7天"):
        services.withdraw_import(
            by=HOUSE, batch=confirmed, reason="晚了", now=NOON + timedelta(days=7)
        )


def test_files_are_forgotten_when_their_days_are_over_and_the_counts_stay(town, settings):
    batch = make_import([*rows_of(2), ("十里村", "3号大院", "", "")], place=town)

    assert tasks.pick_up(NOON + timedelta(days=6)) == (0, 0)
    assert tasks.pick_up(NOON + timedelta(days=7)) == (0, 1)

    batch.refresh_from_db()
    assert (batch.state, batch.new_rows, batch.faulty_rows) == ("dropped", 2, 1)
    assert not list(settings.MEDIA_ROOT.rglob("*.sealed"))
    assert not batch.chunks.exists()
    assert batch.faults.get().typed == ""
    with pytest.raises(services.Forgotten):
        services.download_faulty_rows(by=HOUSE, batch=batch, now=NOON)


def test_a_file_that_another_import_still_needs_is_kept(town, settings):
    data = make_xlsx(rows_of(2))
    first, _ = (make_import(place=town, data=data) for _ in range(2))

    services.drop_import(by=make_user(Role.COUNTY_OPERATOR, make_county()), batch=first, now=NOON)

    assert len(list(settings.MEDIA_ROOT.rglob("*.sealed"))) == 1


def test_every_deed_leaves_a_line_with_the_place(confirmed, town):
    services.run_import(by=HOUSE, batch=confirmed, now=NOON)

    lines = list(Line.objects.order_by("pk").values_list("action", "place_path"))
    assert [action for action, _ in lines] == [
        "registers.file-received",
        "registers.import-confirmed",
        "registers.import-taken-up",
        *["registers.chunk-written"] * 5,
        "registers.import-finished",
    ]
    assert {path for _, path in lines} == {town.path}
