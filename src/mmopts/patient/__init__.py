"""What was given when, to the facts of a patient: treatments, lines, and what follows from them."""
