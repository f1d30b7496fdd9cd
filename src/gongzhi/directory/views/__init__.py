"""The pages of the directory: the desk itself, organizations, people, teams, and what waits for somebody."""
