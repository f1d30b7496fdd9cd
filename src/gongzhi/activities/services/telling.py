"""Telling how it was: some sentences, and pictures for those who like to show them."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from gongzhi.activities import pictures, rules
from gongzhi.activities.models import Photo, Recap
from gongzhi.audit import services as audit
from gongzhi.events.models import Event
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize


class RecapUnclear(Unacceptable):
    code = "activities.recap-unclear"
    message = "{wrong}，所以没有存。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class NotOverYet(Refused):
    code = "activities.not-over-yet"
    message = "“{title}”还没有开始，写不了回顾、传不了照片。请办完以后再来。"


class PhotoTwice(Refused):
    code = "activities.photo-twice"
    message = "这张照片已经传过了，不用再传。要改说明，请先撤下那一张。"


class PhotoGone(Refused):
    code = "activities.photo-gone"
    message = "这张照片已经撤下了。"


def _held(event: Event, now: datetime) -> Event:
    """Hold an event that has begun. :raises NotOverYet"""
    event = Event.objects.lock(event.pk)
    if event.status not in (Event.Status.PUBLISHED, Event.Status.CLOSED) or now < event.starts_at:
        raise NotOverYet(title=event.title)
    return event


@transaction.atomic
def write_recap(*, by: Actor, event: Event, words: str, now: datetime) -> Recap:
    """
    Write, or write anew, how an event was (写活动回顾). Everybody can read it when the event is public.

    :raises PermissionDenied: *by* tells nothing of this event.
    :raises NotOverYet: it has not begun.
    :raises RecapUnclear: nothing is said.
    """
    rules.TELL.require(by, event)
    event = _held(event, now)
    words = words.strip()
    if not words:
        raise RecapUnclear(
            wrong="一句话也没有写", mend="请写几句：来了哪些人，做成了什么", field="words"
        )
    recap, is_new = Recap.objects.update_or_create(
        event=event, defaults={"words": words[:3000], "written_at": now, "written_by_id": by.pk}
    )
    audit.record(
        by,
        "activities.recap-written",
        recap,
        changes={"活动回顾": ["" if is_new else "旧的一版", f"{len(words)}字"]},
        place=event.place.path,
        now=now,
    )
    return recap


@transaction.atomic
def add_photo(
    *,
    by: Actor,
    event: Event,
    file: BinaryIO,
    caption: str,
    now: datetime,
    shows_minors: bool = False,
    consent: str = "",
) -> Photo:
    """
    Show a picture of an event (传照片): never a condition for anything, without what the camera noted.

    *consent* says which guardian agreed and how, where a minor can be recognized (个人信息保护法第31条).

    :raises PermissionDenied: *by* tells nothing of this event.
    :raises NotOverYet: it has not begun.
    :raises RecapUnclear: no caption, or a minor without consent.
    :raises NotAPicture: the file cannot be shown.
    :raises PhotoTwice: it is there already.
    """
    rules.TELL.require(by, event)
    event = _held(event, now)
    caption, consent = normalize(caption), normalize(consent)
    if not caption:
        raise RecapUnclear(
            wrong="没有写照片说明", mend="请写一句照片里是什么，看不见的人靠它听", field="caption"
        )
    if shows_minors and not consent:
        raise RecapUnclear(
            wrong="照片里认得出未成年人，却没有写监护人怎么同意的",
            mend="请写上谁、怎么同意的；没有同意就换一张，或者把脸遮住",
            field="consent",
        )
    picture = pictures.read(file)
    if event.photos.filter(digest=picture.digest, withdrawn_at=None).exists():
        raise PhotoTwice
    photo = Photo.objects.create(
        event=event,
        digest=picture.digest,
        width=picture.width,
        height=picture.height,
        caption=caption[:120],
        shows_minors=shows_minors,
        consent=consent[:120] if shows_minors else "",
        added_at=now,
        added_by_id=by.pk,
    )
    audit.record(
        by,
        "activities.photo-added",
        photo,
        changes={"照片": ["", photo.caption]},
        place=event.place.path,
        now=now,
    )
    pictures.keep(picture)
    return photo


@transaction.atomic
def withdraw_photo(*, by: Actor, photo: Photo, reason: str, now: datetime) -> Photo:
    """
    Take a picture down (撤照片): the file is deleted, the line that it was there stays.

    :raises PermissionDenied: *by* tells nothing of its event.
    :raises PhotoGone: it is down already.
    :raises RecapUnclear: no reason is given.
    """
    rules.TELL.require(by, photo.event)
    photo = (
        Photo.objects.select_for_update(no_key=True, of=("self",))
        .select_related("event__place")
        .get(pk=photo.pk)
    )
    if photo.withdrawn_at:
        raise PhotoGone
    if not (reason := normalize(reason)):
        raise RecapUnclear(wrong="没有写为什么撤下", mend="请写一句", field="reason")
    photo.withdrawn_at, photo.withdrawn_reason = now, reason[:200]
    photo.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    audit.record(
        by,
        "activities.photo-withdrawn",
        photo,
        reason=reason,
        place=photo.event.place.path,
        now=now,
    )
    if not Photo.objects.filter(digest=photo.digest, withdrawn_at=None).exists():
        digest = photo.digest
        transaction.on_commit(lambda: pictures.forget(digest))
    return photo
