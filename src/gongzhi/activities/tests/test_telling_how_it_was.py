from datetime import timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from PIL import Image

from gongzhi.accounts.testing import make_user
from gongzhi.activities import pictures, queries, services
from gongzhi.activities.models import Photo
from gongzhi.activities.testing import make_picture
from gongzhi.events.testing import make_event
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role


def kept(photo, size):
    with default_storage.open(pictures.name_of(photo.digest, size)) as file:
        return file.read()


@pytest.fixture
def event(db):
    return make_event()


@pytest.fixture
def after(event):
    return event.ends_at + timedelta(hours=1)


def show(event, now, file=None, *, by=HOUSE, **given):
    return services.add_photo(
        by=by,
        event=event,
        file=file or make_picture(),
        caption="理发师傅给罗婆婆理发",
        now=now,
        **given,
    )


def test_words_are_enough(event, after):
    services.write_recap(by=HOUSE, event=event, words="来了31位，磨刀23把。", now=after)

    assert queries.recap_of(event).words == "来了31位，磨刀23把。"
    assert list(queries.photos_of(event)) == []


def test_a_recap_is_written_anew(event, after):
    services.write_recap(by=HOUSE, event=event, words="来了31位。", now=after)
    services.write_recap(by=HOUSE, event=event, words="来了32位。", now=after)

    assert queries.recap_of(event).words == "来了32位。"


def test_nothing_is_told_before_it_began(event):
    before = event.starts_at - timedelta(minutes=1)

    with pytest.raises(services.NotOverYet):
        services.write_recap(by=HOUSE, event=event, words="来了31位。", now=before)
    with pytest.raises(services.NotOverYet):
        show(event, before)


def test_what_the_camera_noted_is_gone(event, after):
    photo = show(event, after)

    for size in pictures.SIZES:
        data = kept(photo, size)
        shown = Image.open(BytesIO(data))
        assert dict(shown.getexif()) == {}
        assert b"Xiaomi" not in data
        assert shown.format == "WEBP"


def test_a_picture_held_upright_is_shown_upright(event, after):
    photo = show(event, after, make_picture(800, 600))

    assert (photo.width, photo.height) == (600, 800)


def test_a_large_picture_is_made_smaller_in_two_sizes(event, after):
    photo = show(event, after, make_picture(4000, 3000, tell=False))

    small = Image.open(BytesIO(kept(photo, "small")))
    assert (photo.width, photo.height) == (1600, 1200)
    assert small.size == (480, 360)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"\xff\xd8\xff\xe0 cut short", b"GIF89a" + b"\0" * 40]
)
def test_a_file_that_is_no_picture_is_refused(event, after, data):
    with pytest.raises(services.NotAPicture, match="请用手机拍的JPG"):
        show(event, after, BytesIO(data))
    assert not Photo.objects.exists()


def test_a_picture_that_would_fill_the_memory_is_refused(event, after):
    out = BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    out.seek(0)

    with pytest.raises(services.NotAPicture, match="大得不寻常"):
        show(event, after, out)


def test_a_minor_is_shown_only_with_the_consent_of_a_guardian(event, after):
    with pytest.raises(services.RecapUnclear, match="没有写监护人怎么同意的"):
        show(event, after, shows_minors=True)

    photo = show(event, after, shows_minors=True, consent="妈妈王女士当面同意")

    assert photo.consent == "妈妈王女士当面同意"


def test_one_picture_is_shown_once(event, after):
    show(event, after)

    with pytest.raises(services.PhotoTwice):
        show(event, after)


@pytest.mark.django_db(transaction=True)
def test_a_picture_taken_down_is_deleted_and_may_come_again():
    event = make_event()
    after = event.ends_at + timedelta(hours=1)
    photo = show(event, after)

    services.withdraw_photo(by=HOUSE, photo=photo, reason="本人不愿意", now=after)

    assert not default_storage.exists(pictures.name_of(photo.digest, "large"))
    assert queries.photo_seen_by(HOUSE, photo.pk) is None
    assert show(event, after).pk != photo.pk


def test_those_of_another_town_tell_nothing(event, after):
    stranger = make_user(Role.TOWN_OFFICER, make_town("淮口街道"))

    with pytest.raises(PermissionDenied):
        services.write_recap(by=stranger, event=event, words="来了31位。", now=after)
    with pytest.raises(PermissionDenied):
        show(event, after, by=stranger)


def test_a_picture_of_a_closed_circle_is_seen_by_those_who_tell(after):
    village = make_village()
    event = make_event(place=village, is_public=False)
    photo = show(event, after)
    clerk = make_user(Role.COMMUNITY_CLERK, village)

    assert queries.photo_seen_by(clerk, photo.pk) == photo
    assert queries.photo_seen_by(make_user(), photo.pk) is None
