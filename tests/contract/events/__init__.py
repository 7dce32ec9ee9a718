"""What starts what: state changes on the event bus, schedules."""
