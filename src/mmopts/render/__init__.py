"""Answers as text: a file per output format. All of them see nothing but the envelope, as JSON holds it."""
