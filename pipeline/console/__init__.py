"""What people see of a lake on their terminal."""
