"""Reviews a knowledge base as a whole: its faults, its examples, and what changed between two of them."""
