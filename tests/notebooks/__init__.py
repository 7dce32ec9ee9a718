"""The labs' notebooks, run from a clean kernel."""
