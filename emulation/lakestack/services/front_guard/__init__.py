"""Who may ask: one look at each request that comes over the network, before any service sees it."""
