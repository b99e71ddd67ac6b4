"""Words for the shell to complete. The knowledge base is loaded only when a shell asks for its words."""

from collections.abc import Callable, Iterable

from mmopts.facts import Fact

Complete = Callable[[str], list[str]]


def _completer(known: Callable[[], Iterable[str]]) -> Complete:
    """Completes the last word of a comma list."""

    def complete(incomplete: str) -> list[str]:
        done, comma, word = incomplete.rpartition(",")
        start = word.casefold()
        try:
            return [f"{done}{comma}{w}" for w in known() if w.casefold().startswith(start)]
        except Exception:  # noqa: BLE001  a shell that asks for words has no place for messages
            return []

    return complete


def _asked(kind: str) -> Iterable[str]:
    from mmopts.cli import asking
    from mmopts.cli.environment import Environment
    from mmopts.cli.settings import knowledge_path

    return asking.known_words(kind, knowledge_path(Environment.of_process()))


def words_of(fact: Fact) -> Complete:
    """Completes the words that an option of this fact takes."""
    return _completer(lambda: fact.values or _asked(fact.name if fact.kind == "words" else "received"))


regimens = _completer(lambda: _asked("regimens"))
drugs = _completer(lambda: _asked("drugs"))
classes = _completer(lambda: _asked("classes"))
sources = _completer(lambda: _asked("sources"))
