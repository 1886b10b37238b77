"""Who somebody is: signing up, passwords, profiles."""
