#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Draws the pictures of docs/performance.md from its tables, so that they cannot disagree:

    docs/plots.py            writes docs/images/performance-*.svg
    docs/plots.py --check    fails if one of them is not what the tables say
"""
import math
import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parent
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
COLOURS = ["#1f5fa8", "#c2571a", "#3a8a55", "#8a4fa3", "#7a7f87"]

# Picture: title, and its lines: label, what the table's row says, which column, colour, dashed.
NODE, HOSTS = "get on the node vs ", "get between hosts"
PICTURES = {
    "performance-node": ("On one node: time by size of the object", [
        ("get from the mpi store", NODE + "MPI_Send and MPI_Recv", "ours", 0, False),
        ("MPI_Send and MPI_Recv", NODE + "MPI_Send and MPI_Recv", "reference", 0, True),
        ("GET from Redis", NODE + "GET from Redis", "reference", 4, True),
        ("put into the mpi store", "put on the node vs memcpy", "ours", 1, False),
        ("memcpy", "put on the node vs memcpy", "reference", 1, True),
    ]),
    "performance-hosts": ("Between hosts, over TCP: time by size of the object", [
        ("get from the mpi store", HOSTS + " vs MPI_Send and MPI_Recv", "ours", 0, False),
        ("the same without checksum", HOSTS + " without checksum vs MPI_Send and MPI_Recv", "ours", 2, False),
        ("MPI_Send and MPI_Recv", HOSTS + " vs MPI_Send and MPI_Recv", "reference", 0, True),
    ]),
    "performance-redis": ("A Redis server, over TCP: time by size of the object", [
        ("put", "put vs SET over TCP", "ours", 1, False),
        ("SET with hiredis", "put vs SET over TCP", "reference", 1, True),
        ("get", "get vs GET over TCP", "ours", 0, False),
        ("GET with hiredis", "get vs GET over TCP", "reference", 0, True),
    ]),
    "performance-python": ("The same server, beside Python: time by size of the object", [
        ("put", "put", "ours", 1, False),
        ("put in Python", "put", "Python", 1, True),
        ("get", "get", "ours", 0, False),
        ("get in Python", "get", "Python", 0, True),
    ]),
}


def quantity(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def rows(text):
    """Each row of the tables with a size, as a dictionary by the column's name."""
    header = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")] if line.startswith("|") else None
        if not cells:
            header = None
        elif header is None:
            header = cells
        elif not re.match(r"[:-]+$", cells[0]):
            row = dict(zip(header, cells))
            if row.get("size"):
                yield row


def points(table, what, column):
    found = {}
    for row in table:
        if what == row.get("what, against what", row.get("verb")) and column in row:
            found[quantity(row["size"])] = quantity(row[column])
    if len(found) < 2:
        raise SystemExit(f"docs/performance.md has no rows '{what}' with '{column}'")
    return sorted(found.items())


def name_of(value, names):
    """Such as 4 KiB or 10 us, with the largest unit that leaves a whole number."""
    for unit in reversed(names):
        if round(value / UNITS[unit], 9) >= 1:
            return f"{round(value / UNITS[unit], 9):g} {unit}"
    return f"{value:g}"


def picture(title, lines, table):
    width, top, left, right, high = 560, 40, 68, 32, 280
    curves = [(label, points(table, what, column), colour, dash) for label, what, column, colour, dash in lines]
    every = [point for _, curve, _, _ in curves for point in curve]
    x0, x1 = (math.log2(f(x for x, _ in every)) for f in (min, max))
    y0 = math.floor(math.log10(min(y for _, y in every)))
    y1 = math.ceil(math.log10(max(y for _, y in every)))

    def place(x, y):
        return (left + (math.log2(x) - x0) / (x1 - x0) * (width - left - right),
                top + (y1 - math.log10(y)) / (y1 - y0) * high)

    height = top + high + 34 + 20 * len(curves) + 8
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        "role=\"img\" font-family=\"system-ui, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif\" "
        'font-size="13" fill="#1c2430">',
        "<!-- SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors -->",
        "<!-- SPDX-License-Identifier: MIT -->",
        "<!-- Drawn by docs/plots.py from the tables of docs/performance.md. -->",
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="14" font-weight="600">{title}</text>',
    ]
    for power in range(y0, y1 + 1):
        _, y = place(2**x0, 10.0**power)
        out.append(f'<path d="M{left} {y:.1f} H{width - right}" stroke="#dfe5ec"/>')
        out.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">'
                   f'{name_of(10.0**power, ["ns", "us", "ms", "s"])}</text>')
    sizes = sorted({x for x, _ in every})
    for size in sizes:
        x, y = place(size, 10.0**y0)
        out.append(f'<path d="M{x:.1f} {top} V{y:.1f}" stroke="#eef2f7"/>')
        out.append(f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle" font-size="12">'
                   f'{name_of(size, ["B", "KiB", "MiB", "GiB"])}</text>')
    for index, (label, curve, colour, dash) in enumerate(curves):
        style = f'stroke="{COLOURS[colour]}" stroke-width="2"' + (' stroke-dasharray="6 4"' if dash else "")
        path = " L".join("{:.1f} {:.1f}".format(*place(x, y)) for x, y in curve)
        out.append(f'<path d="M{path}" fill="none" {style}/>')
        fill = "#ffffff" if dash else COLOURS[colour]
        for x, y in curve:
            px, py = place(x, y)
            out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{fill}" stroke="{COLOURS[colour]}"/>')
        y = top + high + 46 + 20 * index
        out.append(f'<path d="M{left} {y - 4} h34" {style}/><text x="{left + 44}" y="{y}">{label}</text>')
    return "\n".join([*out, "</svg>", ""])


def main(check):
    table = list(rows((DOCS / "performance.md").read_text()))
    stale = []
    for name, (title, lines) in PICTURES.items():
        file = DOCS / "images" / f"{name}.svg"
        drawn = picture(title, lines, table)
        if check and (not file.exists() or file.read_text() != drawn):
            stale.append(f"docs/images/{name}.svg is not what docs/performance.md says; run docs/plots.py")
        elif not check:
            file.write_text(drawn)
    print("\n".join(stale) or f"{len(PICTURES)} pictures")
    return 1 if stale else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sys.exit(main(check=bool(sys.argv[1:])))
