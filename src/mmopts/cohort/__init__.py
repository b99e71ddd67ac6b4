"""Many patients at once: columns of facts in words to columns of verdicts. Needs pyarrow (``pip install mmopts[cohort]``)."""
