"""One patient assessed, in one act: verdicts, tiers, order; and from them reasons, questions, doses and care."""
