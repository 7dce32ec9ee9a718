"""Jobs on tables of Iceberg, Delta Lake and Hudi, and other readers of what they wrote."""
