"""What of this room is found by words."""

from .models import Place

SEARCHABLE = (Place,)
