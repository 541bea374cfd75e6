#!/usr/bin/env python3
"""Runs a command and prints: wall seconds, its CPU seconds, its peak resident MiB, and how busy all cores were in percent.

    python measure.py COMMAND [ARGUMENT...]
"""
import os
import subprocess
import sys
import time


def core_times():
    with open("/proc/stat") as f:
        fields = [int(x) for x in f.readline().split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


busy, total = core_times()
start = time.perf_counter()
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
wall = time.perf_counter() - start
busy_after, total_after = core_times()
if status:
    sys.exit(f"{' '.join(sys.argv[1:])} ended with {os.waitstatus_to_exitcode(status)}")
print(f"{wall:.2f} {usage.ru_utime + usage.ru_stime:.2f} {usage.ru_maxrss / 1024:.0f} "
      f"{100 * (busy_after - busy) / max(1, total_after - total):.0f}")
