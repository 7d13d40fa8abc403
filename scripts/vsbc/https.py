# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTPS to a robot."""
import ssl
import urllib.request


def opener(cafile):
    """Opens URLs of a robot and trusts this authority alone. OSError: there is no such file, or no certificate in it.

    It asks no proxy: a proxy leads to the world outside, and the robot is not there.
    """
    context = ssl.create_default_context(cafile=str(cafile))
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
