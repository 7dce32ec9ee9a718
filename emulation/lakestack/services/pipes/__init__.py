"""EventBridge Pipes: one source, one target, between them a filter, an enrichment and templates."""
