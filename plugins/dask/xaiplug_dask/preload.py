"""What a worker of this machine begins with. Ctrl-C reaches it as well as the run, whose business it is."""

import signal


def dask_setup(_: object) -> None:
    """Called by dask in the worker's main thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
