# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests in Python share. tests/pytest.ini puts this folder and scripts/ on the path.

wait       until(): poll for a condition; free_port()
client     Client: ohtd's API over HTTPS, its Answer; the roles and the password of the test accounts
writers    RoleWriter: changes an account again and again until the daemon has gone
tap        results and values in the TAP of our programs
board      Board: a running virtual board and the programs in it; Controller
robot      Robot: a board with ohtd in it
kernels    on which kernels an end-to-end test runs
processes  which processes work in a folder
plugin     for pytest: a time-out per test, how late the host was, which tests are deselected and why
"""
