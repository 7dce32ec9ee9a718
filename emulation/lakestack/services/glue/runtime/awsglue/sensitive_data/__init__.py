"""Sensitive data: types of entities, what is done to them, and the class that scripts use.

AWS Glue Developer Guide, "Using Sensitive Data Detection outside AWS Glue Studio", "Using
fine-grained sensitive data detection" and "Managed data types". How AWS detects is not published:
the forms and checks are our own, by what each number's issuer publishes.
"""
