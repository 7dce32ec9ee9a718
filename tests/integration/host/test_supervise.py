"""A supervised command ends with the process that asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support import PROJECT, wait_until

SUPERVISOR = PROJECT / "emulation" / "lakestack" / "supervise.py"


def supervised(*command: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(SUPERVISOR), *command]


def test_the_exit_code_is_the_commands() -> None:
    assert subprocess.run(supervised("sh", "-c", "exit 7"), check=False).returncode == 7


def test_death_by_a_signal_is_passed_on() -> None:
    run = subprocess.run(supervised("sh", "-c", "kill -9 $$"), check=False)

    assert run.returncode == -signal.SIGKILL


def test_terminating_the_supervisor_terminates_the_command() -> None:
    process = subprocess.Popen(supervised("sleep", "60"))
    child = wait_until(lambda: psutil.Process(process.pid).children(), what="the command to start")

    process.terminate()

    assert process.wait(60) == -signal.SIGTERM
    wait_until(lambda: not child[0].is_running(), what="the command to end")


def test_a_signal_while_the_command_is_being_started_is_passed_on() -> None:
    starter = f"""
import os, runpy, signal, subprocess, sys
class Popen(subprocess.Popen):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
subprocess.Popen = Popen
sys.argv = ["supervise", "sleep", "60"]
runpy.run_path({str(SUPERVISOR)!r}, run_name="__main__")
"""
    run = subprocess.run(
        [sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True, check=False, timeout=30
    )

    assert run.returncode == -signal.SIGTERM
    wait_until(lambda: not psutil.pid_exists(int(run.stdout)), what="the command to end")


def test_the_command_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    command = supervised("sh", "-c", f"echo $$ > {pid_file}; exec sleep 60")
    starter = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"]
    )
    pid = int(wait_until(lambda: pid_file.read_text().strip() if pid_file.is_file() else ""))

    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()

    wait_until(lambda: not psutil.pid_exists(pid), what="the command to end")
