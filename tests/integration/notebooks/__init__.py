"""The labs' notebooks on a lake of their own."""
