"""Rules of EventBridge: patterns, targets, what is sent again."""
