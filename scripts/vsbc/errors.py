# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong with a virtual SBC, as one line that says what to do."""


class SbcError(Exception):
    """The board cannot do what was asked; the text is one line for the user."""
