"""Validate folders of datasets: run conformance rules, and tell what they find in the forms reviewers use."""
