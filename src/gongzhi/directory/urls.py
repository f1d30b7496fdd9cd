# LEAD, to the owner of directory: pages (views/, forms.py, templates/, urls.py, room.py, tests/test_pages_*.py) are being
# built by another owner; finish registers.py, bench/records.py, README.md and the tests of deeds, then report.
"""Addresses of this room."""

app_name = "directory"
urlpatterns: list = []
