"""A knowledge base: read from files or from its compiled form, checked against its schema, compiled, kept and laid out."""
