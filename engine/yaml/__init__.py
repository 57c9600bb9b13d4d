"""YAML as a spec uses it: plain data read strictly, each piece with its place."""

from engine.yaml.dump import dump
from engine.yaml.nodes import NOWHERE, Node, Text, YamlList, YamlMap, describe, shown
from engine.yaml.reader import parse_yaml, read_yaml
from engine.yaml.syntax import QUOTE_EXPRESSION, looks_cut

__all__ = ["NOWHERE", "QUOTE_EXPRESSION", "Node", "Text", "YamlList", "YamlMap", "describe", "dump",
           "looks_cut", "parse_yaml", "read_yaml", "shown"]
