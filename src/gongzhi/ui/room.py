"""The sign on this room's door."""

from gongzhi.shared.rooms import Room

ROOM = Room(label="界面")
