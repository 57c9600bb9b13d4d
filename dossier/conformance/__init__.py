"""Conformance rules in the format of CDISC CORE's open rules, run over pandas tables."""
