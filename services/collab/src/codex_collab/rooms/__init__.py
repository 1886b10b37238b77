"""Rooms: where the members of a session edit one document together.

    protocol -> document, awareness, member -> room        one instance, in memory, without a single await
    log, bus -> replica -> hub                             the same room in other instances, through Redis

**Volatile.** A text lives in the memory of the instances that have its room, and in a Redis stream for 24 hours after
its last edit. There is no other copy: when Redis loses its data and the last member leaves, the text is gone.
"""
