"""What is asked, shown and confirmed before anything is made in an account that is paid for."""
