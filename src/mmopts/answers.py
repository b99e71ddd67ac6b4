"""The answers of the commands besides `suggest`, as envelopes: built from the parts of `report`, so that they agree with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmopts.errors import Problem, QuestionError, did_you_mean, nearest
from mmopts.judge import reached_labels
