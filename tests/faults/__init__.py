"""Every process of the lake, in every stage, under every fault: ``make test-faults``."""
