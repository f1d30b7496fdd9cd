"""What the one search box finds here."""

from .models import Center

SEARCHABLE = (Center,)
