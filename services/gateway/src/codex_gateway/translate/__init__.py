"""Between protobuf and the HTTP API's shapes. No rule lives here but one: hidden tests stay hidden."""
