"""What the one search box finds here."""

from .models import Event

SEARCHABLE = (Event,)
