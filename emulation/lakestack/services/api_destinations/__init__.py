"""API destinations of EventBridge: HTTP endpoints that rules and pipes send to."""
