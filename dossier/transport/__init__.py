"""Work on transport files: what they hold, how two of them differ, and their export to agencies."""
