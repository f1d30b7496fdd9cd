"""The names of this room's topics, for the pages of events."""

from . import queries

TOPICS = (queries.names,)
