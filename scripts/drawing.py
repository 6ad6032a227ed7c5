# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drawings of boxes, texts and arrows as SVG, readable on a light and on a dark page: the reader's setting chooses the colours."""

from __future__ import annotations

import textwrap
import typing as t
from xml.sax.saxutils import escape

LINE = 16
#: What a letter is wide at the size of the texts, at most, so that a line that is wrapped fits.
LETTER = 6.6

_STYLE = """<style>
text{font:12px sans-serif;fill:#1f2328}.head{font-weight:bold}.code{font-family:monospace}.title{font-size:16px;font-weight:bold}
.page{fill:#fff}.box{fill:#f3f6fa;stroke:#57606a}.inner{fill:#fff;stroke:#57606a}.good{fill:#e6f4ea;stroke:#1a7f37}.bad{fill:#fdecea;stroke:#b3261e}
.line{stroke:#57606a;fill:none}.tip{fill:#57606a}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.box{fill:#161b22;stroke:#8b949e}.inner{fill:#21262d;stroke:#8b949e}
.good{fill:#12301c;stroke:#3fb950}.bad{fill:#3c1618;stroke:#f85149}.line{stroke:#8b949e}.tip{fill:#8b949e}}
</style>"""


class Drawing:
    """A drawing of this width; it becomes as high as what is put on it."""

    def __init__(self, title: str, width: int) -> None:
        self._width, self._height, self._title = width, 0, title
        self._parts: list[str] = []

    def add_box(self, x: int, y: int, width: int, height: int, kind: str = "box") -> None:
        """Draw a box; *kind*: box, inner, good or bad."""
        self._parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>')
        self._reach(y + height)

    def add_text(self, x: int, y: int, text: str, kind: str = "", anchor: str = "start") -> None:
        """Write one line, *y* is its base; *kind*: head, code or title."""
        name = f' class="{kind}"' if kind else ""
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._parts.append(f'<text{name} x="{x}" y="{y}"{place} xml:space="preserve">{escape(text)}</text>')
        self._reach(y + 4)

    def add_lines(self, x: int, y: int, lines: t.Iterable[str], kind: str = "") -> int:
        """Write lines below one another; return the base of the line after them."""
        for line in lines:
            self.add_text(x, y, line, kind)
            y += LINE
        return y

    def add_arrow(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Draw an arrow, straight down or to the right."""
        self._parts.append(f'<path class="line" d="M{x} {y}L{to_x} {to_y}"/>')
        tip = f"{to_x - 8} {to_y - 4}v8l8 -4" if y == to_y else f"{to_x - 4} {to_y - 8}h8l-4 8"
        self._parts.append(f'<path class="tip" d="M{tip}z"/>')
        self._reach(to_y)

    def format_svg(self) -> str:
        """Return the file."""
        height = self._height + 16
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {height}" role="img">'
        page = f'<rect class="page" width="{self._width}" height="{height}"/>'
        return "\n".join([head, f"<title>{escape(self._title)}</title>", _STYLE, page, *self._parts, "</svg>", ""])

    def _reach(self, y: int) -> None:
        self._height = max(self._height, y)


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of a text that are at most *width* wide."""
    return textwrap.wrap(text, int(width / LETTER), break_long_words=False)
