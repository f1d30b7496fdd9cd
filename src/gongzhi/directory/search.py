"""What of this room is found by words: the models whose `tokens` both databases index."""

from .models import Organization, Person, Team

SEARCHABLE = (Organization, Person, Team)
