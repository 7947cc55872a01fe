"""The bridge of Scroll: messengers that know a message by the hash of the call that relays it."""
