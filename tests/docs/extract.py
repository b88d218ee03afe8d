#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Writes the code of the pages to where it can be compiled: extract.py <source> <folder> <page>...

<folder>/blocks.cpp has all C++ blocks, one namespace for each page. A block that declares something is put there
as it is, and others into one function for each page, each in a scope within that of the one before: a later block
may use the variables of an earlier one. What a block needs and does not show stands before it in a comment:

    <!-- cpp
    const std::vector<double> field(100);
    -->

The compiler names lines of the pages. <folder>/<page>-<line>.toml are the TOML blocks."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from blocks import blocks_of

DECLARES = re.compile(r"^(struct|class|template|enum|namespace \S+ \{)|^[\w:<>&*, ]+ \w+\([^;]*\) \{$", re.M)
HEAD = """// Made by tests/docs/extract.py from the pages.
#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/message.hpp>
#include <proxystore/mpi/progress.hpp>
#include <proxystore/proxystore.hpp>
"""


def page(path, text, includes):
    """The code of one page; what it includes is added to the list."""
    declared, statements, scopes = [], [], 0
    for language, line, code, hidden, hidden_line in blocks_of(path, text):
        if language != "cpp":
            continue
        body = []
        for number, part in ((hidden_line, hidden), (line, code)):
            body.append(f'#line {number} "{path}"')
            for each in part.splitlines():
                if each.startswith("#include"):
                    includes.append(each)
                    each = ""
                body.append(each)
        if DECLARES.search(code):
            declared += body
        else:
            statements += ["{", *body]
            scopes += 1
    if not declared and not statements:
        return []
    name = re.sub(r"\W", "_", path.lower())
    function = ["[[maybe_unused]] void statements(int argc, char** argv) {", "(void)argc, (void)argv;", *statements,
                "}" * scopes, "}"] if statements else []
    return [f"namespace {name} {{", *declared, *function, f"}}  // namespace {name}"]


def main(source, folder, paths):
    source, folder = pathlib.Path(source), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.toml"):
        old.unlink()
    includes, code = [], []
    for path in paths:
        text = (source / path).read_text()
        if path == "README.md":  # its program is compiled, and run, by tests/package
            text = re.sub(r"```cpp\n.*?```", lambda match: "\n" * match[0].count("\n"), text, count=1, flags=re.S)
        code += page(path, text, includes)
        for language, line, block, _, _ in blocks_of(path, text):
            if language == "toml":
                if not re.search(r"^name *=", block, re.M):
                    block = 'name = "page"\n' + block
                (folder / f"{path.replace('/', '-')}-{line}.toml").write_text(block)
    lines = [HEAD, *dict.fromkeys(includes), "namespace ps = proxystore;", *code, ""]
    (folder / "blocks.cpp").write_text("\n".join(lines))


main(sys.argv[1], sys.argv[2], sys.argv[3:])
