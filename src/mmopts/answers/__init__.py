"""Typed answers: what was assessed, or what the knowledge base holds, put into the form of `forms`. Shaping only."""
