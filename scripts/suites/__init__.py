# SPDX-License-Identifier: GPL-2.0-or-later
"""`make test` and `make check`: runs the suites of tests/suites.toml and counts."""
