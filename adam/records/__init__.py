"""Steps of ``records:`` for analysis datasets; importing this package registers them."""

from adam.records import collapse, copies, expand, parameters, summaries, time_to_event

__all__ = ["collapse", "copies", "expand", "parameters", "summaries", "time_to_event"]
