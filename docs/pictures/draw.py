#!/usr/bin/env python3
"""Draws the pictures of the documentation: NAME.txt in this folder becomes NAME.svg.

    docs/pictures/draw.py           writes every SVG
    docs/pictures/draw.py --check   writes nothing; exits with 1 when an SVG is not what its text makes

Two kinds of picture, one statement a line; `#` begins a comment, `|` separates texts.

    kind boxes                      boxes on a grid
    title TEXT
    column WIDTH...  row HEIGHT...  the grid, in pixels
    group LABEL | C1 R1 C2 R2       a frame around the cells from column C1, row R1 to column C2, row R2
    box NAME C R | TITLE | LINE...  R may be a range such as 0-1; a line that looks like a file is set as code
    note C R | LINE...              text without a box, from column C on
    arrow FROM TO | LABEL...        between neighbours

    kind sequence                   messages over time
    title TEXT
    lane NAME | LABEL
    FROM > TO | LABEL               a message
    FROM = TO | LABEL               a commit
    at NAME | LABEL                 what a part does by itself
    state NAME | STATE              the state of the task from here on

Python's standard library only. The pictures follow the reader's light or dark scheme.
"""
import html
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIGHT = dict(card="#ffffff", edge="#d0d7de", text="#1f2328", soft="#59636e", box="#f6f8fa", line="#818b98",
             group="#0969da", groupfill="#ddf4ff", disk="#9a6700", diskfill="#fff8c5", state="#1a7f37", statefill="#dafbe1")
DARK = dict(card="#0d1117", edge="#3d444d", text="#f0f6fc", soft="#9198a1", box="#151b23", line="#7d8590",
            group="#4493f8", groupfill="#121d2f", disk="#d29922", diskfill="#272115", state="#3fb950", statefill="#12261e")


def style(c):
    """The rules of one scheme, as one line of CSS."""
    return (f".card{{fill:{c['card']};stroke:{c['edge']}}} .t{{fill:{c['text']}}} .s{{fill:{c['soft']}}} "
            f".box{{fill:{c['box']};stroke:{c['line']}}} .line{{stroke:{c['line']};fill:none}} .head{{fill:{c['line']}}} "
            f".group{{fill:{c['groupfill']};stroke:{c['group']}}} .g{{fill:{c['group']}}} "
            f".commit{{stroke:{c['disk']};fill:none}} .dhead{{fill:{c['disk']}}} .d{{fill:{c['disk']}}} "
            f".pill{{fill:{c['statefill']};stroke:{c['state']}}} .p{{fill:{c['state']}}} .back{{fill:{c['card']}}}")


class Canvas:
    def __init__(self, title):
        self.title, self.parts = title, []

    def add(self, text):
        self.parts.append(text)

    def rect(self, x, y, w, h, cls, radius=8, more=""):
        self.add(f'<rect class="{cls}" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{radius}"{more}/>')

    def text(self, x, y, text, cls="t", size=13, anchor="start", weight=400, mono=False):
        family = ' font-family="ui-monospace, SFMono-Regular, Menlo, monospace"' if mono else ""
        self.add(f'<text class="{cls}" x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
                 f'font-weight="{weight}"{family}>{html.escape(text, quote=False)}</text>')

    def arrow(self, x1, y1, x2, y2, cls="line", head="head"):
        """A straight line with a head at its end; horizontal or vertical."""
        dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
        self.add(f'<path class="{cls}" stroke-width="1.5" d="M{x1:g} {y1:g}L{x2 - 6 * dx:g} {y2 - 6 * dy:g}"/>')
        bx, by = x2 - 8 * dx, y2 - 8 * dy
        self.add(f'<path class="{head}" d="M{x2:g} {y2:g}L{bx - 4 * dy:g} {by - 4 * dx:g}L{bx + 4 * dy:g} {by + 4 * dx:g}z"/>')

    def svg(self, width, height):
        body = "\n".join(self.parts)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
                f'height="{height:g}" font-family="system-ui, -apple-system, \'Segoe UI\', Helvetica, Arial, sans-serif" '
                f'role="img">\n<title>{html.escape(self.title)}</title>\n<!-- Made by docs/pictures/draw.py; edit the text, not this file. -->\n'
                f"<style>{style(LIGHT)}\n@media (prefers-color-scheme: dark) {{{style(DARK)}}}</style>\n"
                f'<rect class="card" x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="12"/>\n{body}\n</svg>\n')


def width_of(text, size):
    """A generous estimate of a text's width in the reader's sans-serif font."""
    return size * (0.34 * sum(c in " iIljtf.,:;|!'()/" for c in text) + 0.62 * sum(c not in " iIljtf.,:;|!'()/" for c in text))


def boxes(statements, title):
    canvas, gap, margin, top = Canvas(title), 110, 36, 44
    columns = rows = ()
    cells, groups, notes, arrows = {}, [], [], []
    for words, texts in statements:
        if words[0] == "column": columns = tuple(map(int, words[1:]))
        elif words[0] == "row": rows = tuple(map(int, words[1:]))
        elif words[0] == "group": groups.append((" ".join(words[1:]), tuple(map(int, texts[0].split()))))
        elif words[0] == "box": cells[words[1]] = (int(words[2]), words[3], texts)
        elif words[0] == "note": notes.append((int(words[1]), int(words[2]), texts))
        elif words[0] == "arrow": arrows.append((words[1], words[2], texts))
        else: raise SystemExit(f"unknown statement: {words[0]}")
    drop = 52
    left = [margin + sum(columns[:i]) + gap * i for i in range(len(columns))]
    upper = [top + sum(rows[:i]) + drop * i for i in range(len(rows))]

    def place(name):
        column, span, _ = cells[name]
        first, last = (list(map(int, span.split("-"))) * 2)[:2]
        return left[column], upper[first], columns[column], upper[last] + rows[last] - upper[first]

    for label, (c1, r1, c2, r2) in groups:
        x, y = left[c1] - 18, upper[r1] - 28
        w, h = left[c2] + columns[c2] + 18 - x, upper[r2] + rows[r2] + 14 - y
        canvas.rect(x, y, w, h, "group", 12, ' stroke-dasharray="5 4"')
        canvas.text(x + 18, y + 19, label, "g", 12, weight=600)
    for name, (_, _, texts) in cells.items():
        x, y, w, h = place(name)
        canvas.rect(x, y, w, h, "box")
        baseline = y + (h - 19 * len(texts)) / 2 + 14
        for index, text in enumerate(texts):
            code = re.fullmatch(r"\S+\.db|~/\S+", text)
            canvas.text(x + w / 2, baseline + 19 * index, text, "t" if index == 0 else "d" if code else "s",
                        16 if index == 0 else 12 if code else 13, "middle", 600 if index == 0 else 400, bool(code))
    for column, row, texts in notes:
        for index, text in enumerate(texts):
            canvas.text(left[column], upper[row] + 32 + 20 * index, text, "s", 13)
    for source, target, labels in arrows:
        (x1, y1, w1, h1), (x2, y2, w2, h2) = place(source), place(target)
        if cells[source][0] == cells[target][0]:
            x = x1 + w1 / 2
            canvas.arrow(x, y1 + h1, x, y2)
            for index, label in enumerate(labels):
                canvas.text(x + 10, (y1 + h1 + y2) / 2 + 4 + 16 * index, label, "s", 12)
        else:
            y = (max(y1, y2) + min(y1 + h1, y2 + h2)) / 2
            start, end = (x1 + w1, x2) if x1 < x2 else (x1, x2 + w2)
            canvas.arrow(start, y, end, y)
            for index, label in enumerate(labels):
                canvas.text((start + end) / 2, y - 8 + 24 * index, label, "s", 12, "middle")
    return canvas.svg(left[-1] + columns[-1] + margin, upper[-1] + rows[-1] + 36)


def sequence(statements, title):
    canvas, margin, top, step = Canvas(title), 90, 66, 31
    lanes, rows, height = {}, [], top
    gaps = (230, 190, 260, 170, 150)
    for words, texts in statements:
        if words[0] == "lane":
            x = margin + sum(gaps[:len(lanes)])
            lanes[words[1]] = (x, texts[0])
        else:
            rows.append((words, texts[0]))
    bottom = top + step * len(rows) + 14
    for x, label in lanes.values():
        canvas.add(f'<path class="line" stroke-width="1" stroke-dasharray="2 4" d="M{x:g} {top - 16:g}L{x:g} {bottom:g}"/>')
        w = max(100, width_of(label, 14) + 24)
        canvas.rect(x - w / 2, 22, w, 32, "box")
        canvas.text(x, 43, label, "d" if label.endswith(".db") else "t", 14, "middle", 600)
    for index, (words, label) in enumerate(rows):
        y = top + step * index + 22
        w = width_of(label, 12)
        if words[0] == "at":
            x = lanes[words[1]][0]
            canvas.rect(x - w / 2 - 8, y - 16, w + 16, 22, "card", 6)
            canvas.text(x, y - 1, label, "s", 12, "middle")
        elif words[0] == "state":
            x = lanes[words[1]][0]
            canvas.rect(x - w / 2 - 14, y - 17, w + 28, 24, "pill", 12)
            canvas.text(x, y - 1, label, "p", 12, "middle", 600)
        else:
            x1, x2 = lanes[words[0]][0], lanes[words[2]][0]
            commit = words[1] == "="
            canvas.arrow(x1, y, x2, y, *(("commit", "dhead") if commit else ("line", "head")))
            canvas.rect((x1 + x2) / 2 - w / 2 - 3, y - 19, w + 6, 15, "back", 2)
            canvas.text((x1 + x2) / 2, y - 7, label, "d" if commit else "t", 12, "middle")
    right = margin + sum(gaps[:len(lanes) - 1]) + margin
    return canvas.svg(right, bottom + 20)


def draw(path):
    statements, settings = [], {}
    for line in open(path, encoding="utf-8"):
        line = line.split("#")[0].strip() if line.lstrip().startswith("#") else line.strip()
        if not line: continue
        head, *texts = [part.strip() for part in line.split("|")]
        words = head.split()
        if words[0] in ("kind", "title"): settings[words[0]] = " ".join(words[1:])
        else: statements.append((words, texts))
    return {"boxes": boxes, "sequence": sequence}[settings["kind"]](statements, settings["title"])


def main(arguments):
    stale = []
    for name in sorted(n for n in os.listdir(HERE) if n.endswith(".txt")):
        path = os.path.join(HERE, name[:-4] + ".svg")
        made = draw(os.path.join(HERE, name))
        if arguments == ["--check"]:
            known = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
            if known != made: stale.append(os.path.basename(path))
        else:
            with open(path, "w", encoding="utf-8") as file: file.write(made)
    if stale:
        print(f"not what their text makes: {', '.join(stale)}; run `make pictures`", file=sys.stderr)
    return 1 if stale else 0


sys.exit(main(sys.argv[1:]))
