"""Ties a process to its parent: `tether.py PARENT_PID PROGRAM ARGS...` becomes the program, which ends with the parent.

Run as a script by `child.start` on Linux: between fork and exec nothing but system calls is safe in a process with
threads, so the tie is made after the exec, and kept over the next one (prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replaces this process. SIGKILL, because a service may be killed at any time and must not work on beside the
    next run's.
    """
    parent, program = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the tie was made
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the parent chose the program


if __name__ == "__main__":
    main()
