"""The Python side of a slot: run there by the judged interpreter, never imported by the service.

Standard library only, Python 3.9 and later. The service sends all of it as one script (``script.py``).

The zygote has imported the usual modules and forks itself into boxes that the runner has made. It never sees a byte of
any program. The fork, a loader, gives up all privileges, loads one program and forks itself for every test. Loaders and
tests are children of the runner, which so learns from the kernel how they end and what they cost. What they say
themselves is the program's word; answers go through memory that the runner shares with the box.
"""
