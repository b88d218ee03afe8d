# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""Which Markdown files are pages of the site, under which names, and in which menu."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Menu, and the files in it. Those that do not exist are left out.
MENUS = [
    ("", ["docs/start.md", "docs/concepts.md"]),
    ("Guides", [
        "README.md", "examples/README.md", "docs/mpi.md", "docs/memory.md", "docs/performance.md", "docs/security.md",
        "docs/threads.md", "docs/from-python.md", "docs/slurm.md", "spack/README.md", "jobscripts/README.md",
        "tools/README.md",
    ]),
    ("Connectors", [
        "connectors/README.md", "connectors/mpi/README.md", "connectors/file/README.md",
        "connectors/redis/README.md", "connectors/hdf5/README.md", "connectors/multi/README.md",
        "connectors/local/README.md", "connectors/null/README.md", "connectors/decorators/README.md",
        "tests/conformance/README.md",
    ]),
    ("Reference", []),
    ("Project", [
        "docs/release.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/README.md", "tests/hosts/README.md",
        "docs/decisions/README.md",
    ]),
]
# Titles in menus, where the page's own is too long there.
SHORT = {
    "docs/start.md": "Start", "docs/concepts.md": "Concepts", "README.md": "Overview",
    "docs/from-python.md": "From Python", "docs/mpi.md": "MPI", "docs/memory.md": "Memory", "docs/security.md": "Security",
    "connectors/README.md": "Writing one", "tests/conformance/README.md": "The conformance suite",
    "docs/release.md": "Releases", "tests/hosts/README.md": "Tests between hosts",
    "connectors/decorators/README.md": "Decorators for tests", "spack/README.md": "Spack",
    "docs/slurm.md": "Slurm", "docs/threads.md": "Threads", "tools/README.md": "Command line",
}


def pages():
    """Path under the root to the page's name, for all pages but the main one."""
    listed = [path for _, paths in MENUS for path in paths]
    listed += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs/decisions").glob("0*.md"))
    return {path: name_of(path) for path in listed if (ROOT / path).is_file()}


def name_of(path):
    name = re.sub(r"^docs/|/README|\.md$", "", path)
    return {"README": "overview"}.get(name, re.sub(r"\W", "_", name.lower()))


def title_of(path):
    """The first heading of a file."""
    for line in (ROOT / path).read_text().splitlines():
        if line.startswith("# "):
            return line[2:].replace("`", "")
    raise SystemExit(f"{path}: no line that begins with '# '")


def slug(heading):
    """The anchor of a heading, as code hosting sites make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
