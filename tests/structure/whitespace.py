#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""whitespace.py <file or folder>...: no blanks at ends of lines, no carriage returns, and one newline at the end of
each text file. Hidden folders, and those of what is built, are passed over."""
import pathlib
import re
import sys


def files_of(words):
    for word in map(pathlib.Path, words):
        if not word.is_dir():
            yield word
            continue
        for file in sorted(word.rglob("*")):
            parts = file.relative_to(word).parts
            if file.is_file() and not parts[0].startswith(".") and parts[0] not in ("build", "data", "out"):
                yield file


def main(words):
    bad, count = [], 0
    for file in files_of(words):
        content = file.read_bytes()
        if not content or b"\0" in content or "__pycache__" in file.parts:
            continue
        count += 1
        for number, line in enumerate(content.split(b"\n"), 1):
            if re.search(rb"[ \t\r]$", line):
                bad.append(f"{file}:{number}: blanks at the end of the line")
        if not content.endswith(b"\n") or content.endswith(b"\n\n"):
            bad.append(f"{file}: wants one newline at its end")
    print("\n".join(bad) or f"{count} files are good")
    return 1 if bad or not count else 0


if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1:]))
