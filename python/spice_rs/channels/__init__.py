"""One module per channel: the client half and the server half of its life."""
