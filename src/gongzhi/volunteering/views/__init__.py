"""The pages of volunteer service: for everybody, for oneself, for those who run shifts."""
