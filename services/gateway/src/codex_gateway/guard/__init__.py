"""Who calls, and how often they may: everything that is asked before a request may cost anything."""
