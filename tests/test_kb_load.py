"""Loading a knowledge base: what is in error is not used; overlays, limits, a cache believed only if it is ours."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_kb_check import BASE, edited

from mmopts.diagnostics import Diagnostic, KnowledgeError
from mmopts.knowledge import kept, layers, load
from mmopts.knowledge.load import load_knowledge

POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owner and mode say nothing here")
Write = Callable[..., str]


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fixture base as the built-in one, and a cache of our own."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "kb.yaml").write_text(BASE, "utf-8")
    monkeypatch.setattr(load, "DATA", str(data))
    monkeypatch.setattr(load, "PACKED", str(tmp_path / "none.json"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and give its path."""

    def written(text: str, name: str = "o.yaml") -> str:
        file = tmp_path / name
        file.write_text(text, "utf-8")
        return str(file)

    return written


def refused(path: str | None = None) -> list[Diagnostic]:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(path)
    assert caught.value.exit_code == 3
    return caught.value.problems


def places(problems: list[Diagnostic]) -> list[tuple[str, str, int]]:
    return [(p.code, Path(p.place.file).name, p.place.line) for p in problems]


# --- what is in error is not used ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (
            ("  - {id: trial-1,", "  - {id: label-us, title: b, kind: label, checked: unread}\n  - {id: trial-1,"),
            "duplicate-id",
        ),
        (('reviewed: "2026-11-01"', 'reviewed: "2024-02-30"'), "bad-date"),
        (("randomised, source: trial-1", "randomised, source: trail-1"), "unknown-source"),
        (("ci: [0.4, 0.6]", "ci: [0.6, 0.4]"), "ci-upside-down"),
        (("since: 2010-05, ", ""), "no-since"),
        (("    intensity: low\n", ""), "missing-key"),
    ],
    ids=[
        "duplicate id",
        "no day of February",
        "unknown source",
        "interval upside down",
        "label without date",
        "missing key",
    ],
)
def test_what_check_calls_unusable_is_not_loaded(edit: tuple[str, str], code: str, write: Write) -> None:
    assert [p.code for p in refused(write(edited(edit)))] == [code]


def test_an_example_that_fails_forbids_no_use(write: Write) -> None:
    path = write(edited(("region: eu, verdict: excluded", "region: eu, verdict: eligible")))
    assert list(load_knowledge(path).regimens) == ["Vd", "watch"]


def test_the_built_in_one_has_a_name() -> None:
    assert load_knowledge("builtin").meta.layers == load_knowledge().meta.layers


def test_an_error_names_file_line_and_column(write: Write) -> None:
    path = write(edited(("hr: 0.5", "hr: 0.7")))
    assert refused(path)[0].message == f"{path}:76:41 the hazard ratio 0.7 lies outside its interval 0.4 to 0.6"


# --- overlays --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "extends: builtin\n",
        'extends: "builtin"\n',
        "extends: 'builtin'  # ours\n",
        '"extends": builtin\n',
        "# ours\n\nextends:   builtin # ours\n",
        '{"extends": "builtin"}\n',
        '{\n  "extends": "builtin"\n}\n',
    ],
)
def test_an_overlay_says_so_with_or_without_quotes(text: str, write: Write) -> None:
    assert list(load_knowledge(write(text)).regimens) == ["Vd", "watch"]


def test_an_overlay_of_something_else_is_a_fault(write: Write) -> None:
    assert ("bad-value", "o.yaml", 1) in places(refused(write("extends: other\n")))


def test_a_text_that_speaks_of_extending_makes_no_overlay(write: Write) -> None:
    path = write(BASE.replace("notice: a notice", "notice: |\n  a notice\n  extends: builtin\n"))
    assert load_knowledge(path).meta.layers == (path,)


OVERLAYS = [
    ("key of an entry", "regimens:\n  - id: Vd\n    intensity: huge\n", ("bad-value", "o.yaml", 4)),
    ("row of an entry", "regimens:\n  - id: Vd\n    evidence:\n      - TWO\n", ("unknown-trial", "o.yaml", 5)),
    (
        "key that the base gives",
        "drugs:\n  - id: bortezomib\n    brands: [dex, Dexamethasone]\n",
        ("name-clash", "o.yaml", 4),
    ),
    ("new entry", "sources:\n  - {id: new, title: a, kind: letter, checked: unread}\n", ("bad-value", "o.yaml", 3)),
    ("word of the vocabulary", "vocabulary:\n  conditions:\n    - {id: [a], name: b}\n", ("bad-id", "o.yaml", 4)),
    ("key of a mapping", "tiers:\n  light: [1]\n", ("bad-type", "o.yaml", 3)),
    ("unknown key", "tears: {}\n", ("unknown-key", "o.yaml", 2)),
]


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=i) for i, t, e in OVERLAYS])
def test_a_fault_of_an_overlay_is_placed_in_the_overlay(text: str, expected: tuple[str, str, int], write: Write) -> None:
    assert expected in places(refused(write(f"extends: builtin\n{text}")))


def test_a_fault_of_the_base_beside_an_overlay_stays_in_the_base(house: Path, write: Write) -> None:
    (house / "data" / "kb.yaml").write_text(edited(("hr: 0.5", "hr: 0.7")), "utf-8")
    overlay = write("extends: builtin\ntrials: [{id: ONE, name: One}]\n")
    assert places(refused(overlay)) == [("hr-outside-ci", "kb.yaml", 76)]


def test_an_overlay_may_take_out_a_regimen_that_guidance_names(write: Write) -> None:
    row = "{id: g, body: B, year: 2020, title: t, statement: s, position: option, regimens: [Vd], source: trial-1}"
    overlay = write(f"extends: builtin\nguidelines: [{row}]\nregimens: [{{id: Vd, remove: true}}]\n")
    assert list(load_knowledge(overlay).regimens) == ["watch"]


# --- limits ----------------------------------------------------------------------------------------


@POSIX
def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_BYTES", 100_000)
    [problem] = refused("/dev/zero")
    assert problem.code == "kb-unreadable"
    assert "100,000 bytes" in problem.message


@pytest.mark.slow
def test_two_megabytes_of_unknown_keys_are_told_at_once_and_briefly(write: Write) -> None:
    path = write(BASE + "".join(f"nonsense_{n:06d}: 1\n" for n in range(100_000)))
    start = time.process_time()
    problems = refused(path)
    assert time.process_time() - start < 3  # seconds, most of them for reading; a list of nearest words took minutes
    assert len(problems) == 6
    assert problems[-1].message == "and 996 more; mmopts kb check lists them all"


# --- the cache -------------------------------------------------------------------------------------


def cached(house: Path) -> Path:
    [file] = (house / "cache" / "mmopts").iterdir()
    return file


def compiles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is kept from now on: a text for each time that a knowledge base was compiled."""
    made: list[str] = []
    keep = kept.keep

    def noted(digest: str, text: str) -> None:
        made.append(text)
        keep(digest, text)

    monkeypatch.setattr(kept, "keep", noted)
    return made


def test_a_base_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = compiles(monkeypatch)
    first, second = load_knowledge(), load_knowledge()
    assert len(made) == 1
    assert list(first.regimens) == list(second.regimens)


@POSIX
def test_the_cache_is_the_users_alone(house: Path) -> None:
    load_knowledge()
    assert stat.S_IMODE(cached(house).stat().st_mode) == 0o600
    assert stat.S_IMODE(cached(house).parent.stat().st_mode) == 0o700


SPOILT: dict[str, Callable[[Path], object]] = {
    "changed": lambda f: f.write_text(f.read_text("utf-8").replace("Vd", "Xd"), "utf-8"),
    "no JSON": lambda f: f.write_text("nonsense", "utf-8"),
    "empty": lambda f: f.write_bytes(b""),
    "not UTF-8": lambda f: f.write_bytes(b"\xff\n\xff"),
    "nonsense with its hash": lambda f: f.write_bytes(kept._hash(b"[]\n[]") + b"\n[]\n[]"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_cache_is_made_anew(spoil: Callable[[Path], object], house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_knowledge()
    spoil(cached(house))
    made = compiles(monkeypatch)
    assert list(load_knowledge().regimens) == ["Vd", "watch"]
    load_knowledge()
    assert len(made) == 1


@POSIX
@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "writable"])
def test_what_others_may_have_put_there_is_passed_over(kind: str, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_knowledge()
    file = cached(house)
    text = file.read_bytes()
    if kind == "writable":
        file.chmod(0o666)
    else:
        file.unlink()
        if kind == "fifo":
            os.mkfifo(file)
        elif kind == "folder":
            file.mkdir()
        else:
            (house / "planted").write_bytes(text)
            file.symlink_to(house / "planted")
    made = compiles(monkeypatch)
    assert list(load_knowledge().regimens) == ["Vd", "watch"]
    assert len(made) == 1


@POSIX
@pytest.mark.parametrize("kind", ["link", "writable"])
def test_a_folder_that_others_can_fill_is_not_used(kind: str, house: Path) -> None:
    elsewhere = house / "elsewhere"
    elsewhere.mkdir()
    where = house / "cache" / "mmopts"
    where.parent.mkdir()
    if kind == "link":
        where.symlink_to(elsewhere)
    else:
        where.mkdir()
        where.chmod(0o777)
    assert list(load_knowledge().regimens) == ["Vd", "watch"]
    assert list(where.iterdir()) == []


def test_no_more_than_a_few_bases_stay(house: Path, write: Write) -> None:
    for number in range(kept.KEPT + 3):
        load_knowledge(write(BASE.replace("a notice", f"notice {number}")))
    assert len(list((house / "cache" / "mmopts").iterdir())) == kept.KEPT


def test_without_a_place_for_the_cache_it_is_done_without(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (house / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(house / "file"))
    assert list(load_knowledge().regimens) == ["Vd", "watch"]


def test_the_name_of_what_is_kept_is_made_of_all_code_that_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[Path] = set()

    def noted(file: str, mode: str) -> object:
        read.add(Path(file))
        return open(file, mode)

    monkeypatch.setattr(load, "open", noted, raising=False)
    load.digest_of([])
    assert {*Path(load.__file__).parent.rglob("*.py")} <= read
