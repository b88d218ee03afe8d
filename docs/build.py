#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Builds the documentation: build.py <version> <folder> makes <folder>/html. Every warning of doxygen is
an error, but for those listed here. Ends with 77 where doxygen is missing."""
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pages import MENUS, ROOT, SHORT, pages, title_of

# Warnings that are none:
ALLOWED = [
    # A member whose name and type say all, such as size(); classes and free functions need a comment.
    r"Member .* of (class|struct) .* is not documented\.",
    r"Member .* \(enumvalue\) .* is not documented\.",
    # What cereal calls.
    r"Member serialize\(Archive .* is not documented\.",
    # How our types are named in stored objects: type_name.hpp says it once for all of them.
    r"Compound proxystore::TypeName<.*> is not documented\.",
    # Specialisations of std::hash, of which doxygen does not know the namespace.
    r"Internal inconsistency: scope for class std::hash<.*> not found!",
    r"Compound std::hash<.*> is not documented\.",
]


def layout():
    """The menu, as doxygen reads it."""
    lines = ['<doxygenlayout version="1.0">', "<navindex>", '<tab type="mainpage" visible="yes" title="Home"/>']
    known = pages()
    for menu, paths in MENUS:
        tabs = [
            f'<tab type="user" url="@ref {known[path]}" title="{html.escape(SHORT.get(path) or title_of(path))}"/>'
            for path in paths if path in known
        ]
        if menu == "Reference":
            tabs = [
                '<tab type="namespacelist" visible="yes" title="Namespaces"/>',
                '<tab type="classlist" visible="yes" title="Classes"/>',
                '<tab type="classindex" visible="yes" title="Index of classes"/>',
                '<tab type="namespacemembers" visible="yes" title="Functions and types"/>',
                '<tab type="filelist" visible="yes" title="Headers"/>',
            ]
        lines += [f'<tab type="usergroup" title="{menu}">', *tabs, "</tab>"] if menu else tabs
    return "\n".join([*lines, "</navindex>", "</doxygenlayout>", ""])


def configure(version, output):
    inputs = [ROOT / "include/proxystore", ROOT / "docs/index.md", ROOT / "docs/namespaces.dox",
              output / "examples.dox", *(ROOT / path for path in pages())]
    images = sorted((ROOT / "docs/images").glob("*.svg"))
    values = {
        "VERSION": version,
        "OUTPUT": output,
        "ROOT": ROOT,
        "INPUT": " ".join(f'"{path}"' for path in inputs),
        "IMAGES": " ".join(f'"{path}"' for path in images),
        "FILTER": f'"{sys.executable} {ROOT}/docs/filter.py"',
        "SECTIONS": "",
    }
    text = (ROOT / "docs/Doxyfile.in").read_text()
    return re.sub(r"@([A-Z]+)@", lambda match: str(values[match[1]]), text)


def examples():
    """Doxygen's list of the programs that are pages as well; each begins with a comment that says what it shows."""
    return "".join(f"/// @example {file.name}\n\n" for file in sorted((ROOT / "examples").glob("*.cpp")))


def mend(folder):
    """What doxygen's HTML has and should not: a link to nested classes where all are private, and a space in
    place of the type of a constructor, which takes a line on a phone."""
    for file in folder.glob("*.html"):
        old = text = file.read_text()
        if 'name="nested-classes"' not in text:
            text = re.sub(r'<a href="#nested-classes">Classes</a>( &#124;\s*)?', "", text)
        text = re.sub(r'<td class="(mem(?:Templ)?ItemLeft)"([^>]*)>((?:<a id="[^"]*"[^>]*></a>\s*)*)&#160;</td>',
                      r'<td class="\1 typeless"\2>\3</td>', text)
        if text != old:
            file.write_text(text)


def main(version, output):
    if not shutil.which("doxygen"):
        print("Skipped: there is no doxygen; install the package of this name (1.9.4 is tested)")
        return 77
    output = pathlib.Path(output).resolve()
    shutil.rmtree(output / "html", ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    (output / "layout.xml").write_text(layout())
    (output / "examples.dox").write_text(examples())
    (output / "Doxyfile").write_text(configure(version, output))
    subprocess.run(["doxygen", output / "Doxyfile"], check=True)
    mend(output / "html")
    log = (output / "warnings.txt").read_text()
    # What continues a warning is indented.
    warnings = [line for line in re.sub(r"\n +", " ", log).splitlines() if line.strip()]
    bad = sorted({line for line in warnings if not any(re.search(allowed, line) for allowed in ALLOWED)})
    print("\n".join(bad))
    print(f"{output}/html/index.html: {len(bad)} warnings, and {len(warnings) - len(bad)} that are none")
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
