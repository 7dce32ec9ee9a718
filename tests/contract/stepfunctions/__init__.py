"""State machines over our services."""
