#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""check_site.py <folder>: every local link of the site leads to a file of it, and to a place in that."""
import html.parser
import pathlib
import re
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.places, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (name == "name" and tag == "a"):
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


def main(folder):
    root = pathlib.Path(folder).resolve()
    pages = {file: Page(file.read_text()) for file in sorted(root.glob("*.html"))}
    bad, links = [], 0
    for file, page in pages.items():
        for link in page.links:
            target, _, place = urllib.parse.unquote(link).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            to = root / target if target else file
            if not to.is_file():
                bad.append(f"{file.name}: there is no {target}")
            elif place and to in pages and place not in pages[to].places:
                bad.append(f"{file.name}: {target} has no place {place}")
    # The menu, which a script makes.
    for target in re.findall(r'url:"([^"#]+)', (root / "menudata.js").read_text()):
        if not (root / target).is_file():
            bad.append(f"menu: there is no {target}")
    print("\n".join(bad))
    print(f"{len(pages)} pages, {links} local links, of which {len(bad)} lead nowhere")
    return 1 if bad or not links else 0


sys.exit(main(sys.argv[1]))
