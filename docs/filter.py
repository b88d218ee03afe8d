#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Doxygen's input filter for Markdown: prints a page with names for its headings, and with links that
are good in the site. Pages link each other by file, as a reader of the repository needs it; here that
becomes a reference to the page, and a link to a file that the site does not have becomes its name. The
comment `<!-- include examples/one.cpp -->` becomes the text of that file. Lines keep their numbers."""
import os
import pathlib
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pages import ROOT, name_of, pages, slug

PAGES = pages()


def target_of(path, link):
    """What doxygen calls the target of a link, or None if the site does not have it."""
    file, _, anchor = link.partition("#")
    target = os.path.relpath((ROOT / path).parent / file, ROOT) if file else path
    if target == "docs/index.md":
        return "index"
    if target in PAGES:
        return PAGES[target] + ("_" + anchor.replace("-", "_") if anchor else "")
    if target.startswith("include/proxystore/") and target.endswith(".hpp") and "/detail/" not in target:
        return target.removeprefix("include/")
    if re.fullmatch(r"examples/\w+\.cpp", target):
        return os.path.basename(target).replace(".cpp", "_8cpp-example.html")
    return None


def with_links(path, text):
    def image(match):
        return (f'@htmlonly<img class="diagram" src="{os.path.basename(match[2])}" alt="{match[1]}"/>'
                "@endhtmlonly")

    def link(match):
        words, to = match[1], match[2]
        if re.match(r"\w+:", to):
            return match[0]
        target = target_of(path, to)
        if not target:
            return words
        words = words.replace("`", "")  # doxygen shows them in the text of a reference
        return f"[{words}]({target})" if target.endswith(".html") else f"[{words}](@ref {target})"

    # Code in a line is left alone, but may be the text of a link.
    text = re.sub(r"!\[([^\]]*)\]\(([^)\s]+)\)", image, text)
    return re.sub(r"\[((?:`[^`]*`|[^\[\]`])+)\]\(([^)\s]+)\)", link, text)


def main(file):
    path = str(pathlib.Path(file).resolve().relative_to(ROOT))
    name = PAGES.get(path) or ("index" if path == "docs/index.md" else name_of(path))
    fence = comment = False
    for line in pathlib.Path(file).read_text().splitlines():
        if line.startswith("```"):
            fence = not fence
        elif not fence:
            shown = re.match(r"<!-- include (\S+) -->", line)
            if line.startswith("<!--"):
                comment = True
            if comment:
                comment = "-->" not in line
                line = f"@include {os.path.basename(shown[1])}" if shown else ""
            heading = re.match(r"(#+) (.*)", line)
            if heading and len(heading[1]) == 1:
                line = f"# {heading[2]} {{#{name}}}" if name != "index" else line
            elif heading:
                words = heading[2].replace("`", "")  # doxygen shows code in such headings as <tt>
                line = f"{heading[1]} {words} {{#{name}_{slug(words).replace('-', '_')}}}"
            else:
                line = with_links(path, line)
        print(line)


main(sys.argv[1])
