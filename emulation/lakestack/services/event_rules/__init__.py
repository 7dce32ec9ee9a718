"""Rules of EventBridge: LocalStack's, but for those that have a schedule."""
