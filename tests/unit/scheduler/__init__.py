"""EventBridge Scheduler without an emulator."""
