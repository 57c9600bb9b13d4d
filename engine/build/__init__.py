"""Turns checked specs into datasets: the order of derivation, the rows, the records refused."""
