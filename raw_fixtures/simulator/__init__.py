"""Simulates the raw data of the built-in study; see ``raw_fixtures/README.md`` for every file."""
