"""Steps of ``records:`` for analysis datasets; importing this package registers them."""

from adam.records import collapse, copies, expand, parameters, summaries

__all__ = ["collapse", "copies", "expand", "parameters", "summaries"]
