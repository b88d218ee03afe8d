#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""check_pages.py <source>: local links in all Markdown files lead to files and headings that exist, pictures as
well, and blocks of shell parse."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from blocks import blocks_of


def anchors_of(text):
    """As code hosting sites make them of headings."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    slugs = set()
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        number = 0
        while (name := slug + (f"-{number}" if number else "")) in slugs:
            number += 1
        slugs.add(name)
    return slugs


def links_of(text):
    """(line, target) of each link and picture that is no code and in no comment."""
    text = re.sub(r"^```.*?^```$|^<!--.*?-->$", lambda match: "\n" * match[0].count("\n"), text, flags=re.M | re.S)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("    "):
            # The text of a link may be code, which ends before the bracket.
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "code", line)):
                yield number, target


def main(source):
    root = pathlib.Path(source).resolve()
    files = [file for file in sorted(root.rglob("*.md"))
             if file.relative_to(root).parts[0] not in ("build", "data", "out")]
    texts = {file: file.read_text() for file in files}
    bad, links, scripts = [], 0, 0
    for file, text in texts.items():
        path = file.relative_to(root)
        for line, target in links_of(text):
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            name, _, anchor = target.partition("#")
            to = (file.parent / name).resolve() if name else file
            if not to.exists() or not to.is_relative_to(root):
                bad.append(f"{path}:{line}: there is no {target}")
            elif anchor and (to not in texts or anchor not in anchors_of(texts[to])):
                bad.append(f"{path}:{line}: {target} has no such heading")
        for language, line, code, _, _ in blocks_of(path, text):
            if language == "sh":
                scripts += 1
                check = subprocess.run(["bash", "-n"], input=code, text=True, stderr=subprocess.PIPE)
                if check.returncode:
                    bad.append(f"{path}:{line}: {check.stderr.strip()}")
    print("\n".join(bad))
    print(f"{len(files)} pages, {links} local links, {scripts} blocks of shell: {len(bad)} are bad")
    return 1 if bad or not links or not scripts else 0


sys.exit(main(sys.argv[1]))
