"""Runs a command with a small file system of its own at FOLDER:

    unshare --user --map-root-user --mount python3 full_disk.py FOLDER MEGABYTES COMMAND...

Others reach it as /proc/PID/root/FOLDER."""

import os
import subprocess
import sys


def main():
    folder, megabytes, *command = sys.argv[1:]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%sm" % megabytes, "tmpfs", folder], check=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
