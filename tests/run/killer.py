"""Starts the same run again and again and kills it each time; once torch is imported, a start is a fork.

python killer.py RUN_FILE after 3 9 20      # kill when the toys have noted so many more lines
python killer.py RUN_FILE within 5 10       # kill 5 times, each at a random moment within 10 seconds
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

import xaiplug.run  # noqa: F401 - imported here, so that a fork has it
from xaiplug.cli import main
from xaiplug.run import key


def lines():
    log = Path(os.environ["TOY_LOG"])
    return len(log.read_text().splitlines()) if log.exists() else 0


def start(run_file):
    child = os.fork()
    if not child:
        try:
            main(["run", run_file])
        finally:
            os._exit(0)
    return child


def finished(child):
    return os.waitpid(child, os.WNOHANG)[0] == child


def kill_when(run_file, due):
    child = start(run_file)
    while not due():
        if finished(child):
            return False
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


if __name__ == "__main__":
    torch.set_num_threads(1)
    key.core = dict  # a checkout that is edited while this runs would change every cell's id
    _, file, how, *numbers = sys.argv
    if how == "after":
        for more in numbers:
            goal = lines() + int(more)
            print(kill_when(file, lambda goal=goal: lines() >= goal), flush=True)
    else:
        times, longest = int(numbers[0]), float(numbers[1])
        chance = random.Random(0)
        for _ in range(times):
            moment = time.monotonic() + chance.uniform(0, longest)
            print(kill_when(file, lambda moment=moment: time.monotonic() >= moment), flush=True)
