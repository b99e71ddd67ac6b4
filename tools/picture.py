"""Draws the README's picture, docs/terminal.svg: the main job as a terminal 100 columns wide shows it.

    python tools/picture.py --write     draw it anew
    python tools/picture.py --check     say whether what it shows is what the program prints; exit 1 if not

The drawing is rich's own export. Its web fonts are taken out: a picture asks nothing of a network. The check holds the
words of the picture against the screen, not its bytes, so that another version of rich draws no false alarm.
"""

from __future__ import annotations

import argparse
import html
import io
import re
import sys
from pathlib import Path

from readme import NO_PAGER, environment
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from terminal import WIDTH, at_terminal

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "terminal.svg"
COMMAND = ("mmopts", "suggest", "--prior", "len,btz", "--frail")
THEME = TerminalTheme(
    (250, 250, 248),
    (32, 36, 40),
    [
        (32, 36, 40),
        (176, 32, 32),
        (24, 112, 56),
        (144, 96, 0),
        (28, 84, 168),
        (128, 48, 128),
        (0, 112, 120),
        (110, 116, 122),
    ],
)
"""Dark on light: background, text, then black, red, green, yellow, blue, magenta, cyan, white."""
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def screen() -> Text:
    """What the command prints at a terminal, colours included."""
    code, raw = at_terminal(COMMAND, {**environment(colour=True), **NO_PAGER}, ROOT)
    if code:
        raise SystemExit(f"{' '.join(COMMAND)} ended with {code}")
    out = Text()
    out.append(f"$ {' '.join(COMMAND)}\n", "bold")
    return out.append_text(Text.from_ansi(raw.decode().replace("\r\n", "\n").strip("\n")))


def drawn(text: Text) -> str:
    """The picture as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="standard", force_terminal=True)
    console.print(text, soft_wrap=True)
    svg = console.export_svg(title="mmopts", theme=THEME, unique_id="mmopts")
    svg = _FONT.sub("", svg).replace("Fira Code", "Menlo, Consolas, DejaVu Sans Mono")
    return "\n".join(line.rstrip() for line in svg.split("\n"))


def words(svg: str) -> list[str]:
    """The words that a picture shows, line by line."""
    rows: dict[float, list[str]] = {}
    for y, said in re.findall(r'<text [^>]*?\by="([\d.]+)"[^>]*clip-path[^>]*>(.*?)</text>', svg):
        rows.setdefault(float(y), []).extend(html.unescape(said).replace("\xa0", " ").split())
    return [" ".join(rows[y]) for y in sorted(rows) if rows[y]]


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Draw the README's picture, or check it.")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--write", action="store_true", help="draw it anew")
    chosen.add_argument("--check", action="store_true", help="hold its words against what the program prints")
    asked = parser.parse_args()
    text = screen()
    if asked.write:
        PICTURE.write_text(drawn(text), "utf-8")
        return 0
    wanted = [" ".join(line.split()) for line in text.plain.split("\n") if line.strip()]
    have = words(PICTURE.read_text("utf-8")) if PICTURE.exists() else []
    if have == wanted:
        return 0
    for old, new in zip([*have, *[""] * len(wanted)], [*wanted, *[""] * len(have)], strict=False):
        if old != new:
            print(f"- {old}\n+ {new}")
            break
    print(f"{PICTURE.relative_to(ROOT)} is not what the program prints; run tools/picture.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
