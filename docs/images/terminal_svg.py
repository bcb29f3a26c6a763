#!/usr/bin/env python3
"""Draws a terminal's screen as SVG: reads text with ANSI colours from standard input, as `tmux capture-pane -e -p` prints it.

    tmux new-session -d -x 110 -y 24 -s lode 'build/release/lode mine'
    sleep 60; tmux capture-pane -e -p -t lode | docs/images/terminal_svg.py 'lode mine' >docs/images/mine.svg
"""

import html
import re
import sys

WIDTH, HEIGHT, MARGIN, BAR = 8.4, 18, 14, 30
COLOURS = {
    30: "#3b4252", 31: "#e06c75", 32: "#98c379", 33: "#e5c07b", 34: "#61afef", 35: "#c678dd", 36: "#56b6c2", 37: "#d7dae0",
    90: "#7f848e", 91: "#e06c75", 92: "#98c379", 93: "#e5c07b", 94: "#61afef", 95: "#c678dd", 96: "#56b6c2", 97: "#ffffff",
}
PLAIN = "#d7dae0"
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


def spans(line):
    """(text, colour, bold) of each run of equal style in a line."""
    colour, bold, position = PLAIN, False, 0
    for match in [*_SGR.finditer(line), None]:
        text = line[position:match.start() if match else len(line)]
        if text:
            yield text, colour, bold
        if match is None:
            return
        position = match.end()
        for code in (int(code or 0) for code in match.group(1).split(";")):
            if code == 0:
                colour, bold = PLAIN, False
            elif code == 1:
                bold = True
            elif code == 2:
                colour = COLOURS[90]
            elif code in (22, 39):
                colour, bold = (PLAIN, bold) if code == 39 else (colour, False)
            elif code in COLOURS:
                colour = COLOURS[code]


def draw(lines, title):
    columns = max(len(_SGR.sub("", line)) for line in lines)
    width, height = columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + BAR + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
           f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="14">')
    yield f'<rect width="100%" height="100%" rx="8" fill="#1e2127"/><rect width="100%" height="{BAR}" rx="8" fill="#2c313a"/>'
    for i, colour in enumerate(("#e06c75", "#e5c07b", "#98c379")):
        yield f'<circle cx="{18 + 20 * i}" cy="{BAR / 2}" r="6" fill="{colour}"/>'
    yield (f'<text x="{width / 2:.0f}" y="{BAR / 2 + 5}" text-anchor="middle" fill="{COLOURS[90]}">'
           f"{html.escape(title)}</text>")
    for row, line in enumerate(lines):
        column = 0
        for text, colour, bold in spans(line):
            weight = ' font-weight="bold"' if bold else ""
            yield (f'<text x="{MARGIN + column * WIDTH:.1f}" y="{BAR + MARGIN + (row + 0.75) * HEIGHT:.1f}" '
                   f'textLength="{len(text) * WIDTH:.1f}" fill="{colour}"{weight} xml:space="preserve">'
                   f"{html.escape(text)}</text>")
            column += len(text)
    yield "</svg>"


def main():
    lines = [line.rstrip() for line in sys.stdin.read().splitlines()]
    while lines and not _SGR.sub("", lines[-1]).strip():
        lines.pop()
    if not lines:
        sys.exit("nothing to draw on standard input")
    print("\n".join(draw(lines, sys.argv[1] if len(sys.argv) > 1 else "")))


if __name__ == "__main__":
    main()
