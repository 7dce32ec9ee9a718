"""The emulator in a container, by docker-compose.yml of the clone: ``LAKE_DOCKER=1``.

The same commands as for the emulator on the host, with the same output. What is asked of the engine
goes through its own command line, so that contexts, hosts and credentials are the user's.
"""
