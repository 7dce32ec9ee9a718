"""What differs between a stack's resources and its template."""
