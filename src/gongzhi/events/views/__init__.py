"""Pages of events: for everybody, for one's own registrations, at work, and at the door."""
