"""What a step sets on the records it makes (see :mod:`engine.build.new_rows`, which every layer may use)."""

from engine.build.new_rows import bare_rows, finished_as, groups_of, set_values

__all__ = ["bare_rows", "finished_as", "groups_of", "set_values"]
