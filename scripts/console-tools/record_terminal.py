"""record_terminal.py OUT.svg TITLE: records a shell in a terminal, as an animated SVG with its real timing.

Standard input has the steps, one a line: `type TEXT` presses the keys of a command and Enter, and `wait SECONDS` watches
what is printed. What still runs at the end is interrupted. The SVG has no scripts, so that a page can embed it as an image. Without
animations it shows the last moment.
"""

import codecs
import fcntl
import html
import os
import pty
import re
import select
import struct
import sys
import termios
import time

COLUMNS, ROWS = 80, 17
PROMPT = b"$ "
# Seconds: between two keys, before Enter, and at the end of a round.
KEY, ENTER, HOLD = 0.045, 0.4, 4.0

# The sizes of the picture, in pixels.
CELL, LINE, FONT = 8.4, 19, 14
MARGIN, BAR = 16, 34

COLORS = {
    30: "#6e7681", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd", 37: "#e6edf3",
}
# Bold, dim, color.
PLAIN = (False, False, None)

CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """What a terminal shows, from the first row on, with each version of a row.

    It knows what programs print that go on line by line. Anything else is an error, since the picture would be wrong.
    """

    def __init__(self):
        self.rows = [[]]
        self.column = 0
        self.style = PLAIN
        self.pending = ""
        # A row's versions: (time, cells).
        self.versions = [[]]

    def feed(self, text, now):
        text = self.pending + text
        self.pending = ""
        touched = {len(self.rows) - 1}
        at = 0
        while at < len(text):
            character = text[at]
            if character == "\x1b":
                sequence = CONTROL.match(text, at)
                if not sequence:
                    if len(text) - at > 20:
                        raise ValueError(f"an unknown sequence: {text[at:at + 20]!r}")
                    self.pending = text[at:]
                    break
                self.control(*sequence.groups())
                at = sequence.end()
                continue
            at += 1
            if character == "\r":
                self.column = 0
            elif character == "\n":
                self.new_row(touched)
            elif character == "\b":
                self.column -= 1
            elif character.isprintable():
                if self.column == COLUMNS:
                    self.new_row(touched)
                    self.column = 0
                row = self.rows[-1]
                row[self.column :] = [(character, self.style)] + row[self.column + 1 :]
                self.column += 1
            elif character != "\a":
                raise ValueError(f"an unknown character: {character!r}")
        for i in touched:
            cells = tuple(self.rows[i])
            if not self.versions[i] or self.versions[i][-1][1] != cells:
                self.versions[i].append((now, cells))

    def new_row(self, touched):
        self.rows.append([])
        self.versions.append([])
        touched.add(len(self.rows) - 1)

    def control(self, numbers, letter):
        if letter == "K" and numbers in ("", "0"):
            del self.rows[-1][self.column :]
        elif letter == "m":
            for number in map(int, (numbers or "0").split(";")):
                bold, dim, color = self.style
                if number == 0:
                    self.style = PLAIN
                elif number == 1:
                    self.style = (True, dim, color)
                elif number == 2:
                    self.style = (bold, True, color)
                elif number == 39:
                    self.style = (bold, dim, None)
                elif number in COLORS:
                    self.style = (bold, dim, number)
                else:
                    raise ValueError(f"an unknown style: {number}")
        elif letter not in "hl":
            raise ValueError(f"an unknown control: {numbers}{letter}")


def record(steps):
    """Runs the steps in a shell, and returns the screen and how long it took."""
    child, terminal = pty.fork()
    if child == 0:
        environment = {name: os.environ[name] for name in os.environ if name.startswith(("HUAWEICLOUD_", "PATH"))}
        environment |= {"PS1": PROMPT.decode(), "TERM": "xterm-256color", "TZ": "UTC", "INPUTRC": "/dev/null", "HOME": "/nonexistent"}
        os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting"], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    screen, began = Screen(), time.monotonic()
    printed, decoder = b"", codecs.getincrementaldecoder("utf-8")()

    def watch(seconds, until=None):
        nonlocal printed
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not (until and printed.endswith(until)):
            if select.select([terminal], [], [], left)[0]:
                data = os.read(terminal, 65536)
                printed += data
                screen.feed(decoder.decode(data), time.monotonic() - began)
        if until and not printed.endswith(until):
            raise TimeoutError(f"the shell did not print its prompt: {printed[-200:]!r}")

    watch(10, PROMPT)
    for step in steps:
        verb, _, rest = step.partition(" ")
        if verb == "type":
            for key in rest:
                os.write(terminal, key.encode())
                watch(KEY * (2 if key == " " else 1))
            watch(ENTER)
            os.write(terminal, b"\n")
        elif verb == "wait":
            watch(float(rest))
        else:
            raise ValueError(f"an unknown step: {step}")
    took = time.monotonic() - began
    os.write(terminal, b"\x03")
    os.close(terminal)
    os.waitpid(child, 0)
    return screen, took


def spans(cells):
    """The cells of a row, put together where their style is the same: (column, text, style)."""
    found = []
    for column, (character, style) in enumerate(cells):
        if found and found[-1][2] == style:
            found[-1][1].append(character)
        else:
            found.append((column, [character], style))
    return [(column, "".join(text), style) for column, text, style in found if "".join(text).strip()]


def row_svg(y, cells):
    """The text of a row. Lengths are given, so that columns are right in every font."""
    parts = []
    for column, text, (bold, dim, color) in spans(cells):
        stripped = text.lstrip(" ")
        column += len(text) - len(stripped)
        stripped = stripped.rstrip(" ")
        classes = " ".join(filter(None, ["b" * bold, "d" * dim, f"c{color}" if color else ""]))
        parts.append(
            f'<text x="{column * CELL:g}" y="{y}" textLength="{len(stripped) * CELL:g}"'
            + (f' class="{classes}"' if classes else "")
            + f">{html.escape(stripped, quote=False)}</text>"
        )
    return "".join(parts)


def draw(screen, took, title):
    total = took + HOLD
    percent = lambda seconds: f"{100 * seconds / total:.3f}".rstrip("0").rstrip(".") + "%"
    styles, rows = [], []

    def animation(frames, style=""):
        name = f"a{len(styles)}"
        styles.append(f"@keyframes {name}{{{''.join(frames)}}}")
        return f'style="{style}animation-name:{name}"'

    for i, versions in enumerate(screen.versions):
        for j, (since, cells) in enumerate(versions):
            body = row_svg(i * LINE + FONT, cells)
            if not body:
                continue
            is_last = j + 1 == len(versions)
            frames = ["0%{visibility:hidden}", f"{percent(since)}{{visibility:visible}}"]
            if not is_last:
                frames.append(f"{percent(versions[j + 1][0])}{{visibility:hidden}}")
            shown = "" if is_last else ' class="h"'
            rows.append(f"<g{shown} {animation(frames)}>{body}</g>")

    # Rows move up as soon as there are more than fit.
    frames, end = ["0%{transform:none}"], 0
    for i, versions in enumerate(screen.versions[ROWS:], 1):
        end = -i * LINE
        frames.append(f"{percent(versions[0][0])}{{transform:translateY({end}px)}}")
    scroll = animation(frames, f"transform:translateY({end}px);")

    width = round(COLUMNS * CELL + 2 * MARGIN)
    height = BAR + ROWS * LINE + MARGIN
    colors = "".join(f".c{number}{{fill:{color}}}" for number, color in COLORS.items())
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">
<title>{html.escape(title)}</title>
<style>
text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3;white-space:pre}}
g{{animation:{total:.2f}s step-end infinite}}
.h{{visibility:hidden}}
.b{{font-weight:700}}.d{{opacity:.7}}{colors}
.t{{fill:#9aa7b4;font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;text-anchor:middle}}
{chr(10).join(styles)}
@media (prefers-reduced-motion:reduce){{g{{animation:none}}}}
</style>
<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>
<path d="M0 {BAR}V10A10 10 0 0 1 10 0H{width - 10}A10 10 0 0 1 {width} 10V{BAR}Z" fill="#21262d"/>
<circle cx="20" cy="17" r="6" fill="#ff5f57"/><circle cx="40" cy="17" r="6" fill="#febc2e"/><circle cx="60" cy="17" r="6" fill="#28c840"/>
<text x="{width / 2:g}" y="22" class="t">{html.escape(title)}</text>
<svg x="{MARGIN}" y="{BAR + 6}" width="{width - MARGIN}" height="{ROWS * LINE}">
<g {scroll}>
{chr(10).join(rows)}
</g>
</svg>
</svg>
"""


def main():
    out, title = sys.argv[1:]
    screen, took = record([line.rstrip("\n") for line in sys.stdin if line.strip()])
    svg = draw(screen, took, title)
    with open(out, "w", encoding="utf-8") as file:
        file.write(svg)
    print(f"{out}: {len(svg.encode())} bytes, {took:.0f} s, {len(screen.rows)} rows", file=sys.stderr)


main()
