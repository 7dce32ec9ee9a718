"""AWS Lake Formation: locations, settings, permissions, LF-Tags, filters; kept, not enforced."""
