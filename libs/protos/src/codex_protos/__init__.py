"""The contracts between the services, as typed Python."""
