# SPDX-License-Identifier: GPL-2.0-or-later
"""What all suites of pytest have in common; see lib/oht_test."""
pytest_plugins = ["oht_test.plugin"]
