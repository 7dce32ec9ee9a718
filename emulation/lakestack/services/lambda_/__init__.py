"""AWS Lambda without Docker: functions run as subprocesses of the emulator."""
