# SPDX-License-Identifier: GPL-2.0-or-later
"""The boards of tests/boards.toml: what they are, how they run, what is looked for afterwards."""
