# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""The fenced blocks of a Markdown page."""

LANGUAGES = {"", "cmake", "console", "cpp", "ini", "json", "python", "sh", "text", "toml", "yaml"}


def blocks_of(path, text):
    """(language, first line, code, code of the comment before it, first line of that) of each block."""
    found, hidden, hidden_line = [], [], 1
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line == "<!-- cpp":
            hidden_line = at + 1
            end = lines.index("-->", at)
            hidden, at = lines[at:end], end + 1
        elif line.startswith("```"):
            language = line[3:].strip()
            if language not in LANGUAGES:
                raise SystemExit(f"{path}:{at}: a block of '{language}'; known are {', '.join(sorted(LANGUAGES))}")
            end = lines.index("```", at)
            found.append((language, at + 1, "\n".join(lines[at:end]), "\n".join(hidden), hidden_line))
            hidden, at = [], end + 1
    return found
