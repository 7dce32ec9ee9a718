"""Interactive sessions: a Spark driver that lives on, and statements that run in it one by one."""
