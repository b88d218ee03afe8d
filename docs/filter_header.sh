#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
# Doxygen's input filter for headers. The inline namespace is not part of a name that people write; detail is
# nobody's business; and doxygen takes the ' in 300'000 for the beginning of a character. Lines keep their numbers.
sed -e 's/proxystore::inline v0/proxystore/' -e :again -e "s/\\([0-9]\\)'\\([0-9]\\)/\\1\\2/;tagain" "$1" |
  awk '
    /^namespace ([a-z]+::)*detail \{/ { hidden = 1; depth = 0 }
    !hidden { print; next }
    {
      depth += gsub(/\{/, "{") - gsub(/\}/, "}")
      print ""
      if (depth <= 0 || /^\}.*namespace .*detail$/) hidden = 0
    }'
