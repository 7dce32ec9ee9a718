"""What triggers and workflows are, as data: definitions, schedules, chains of runs, graphs."""
