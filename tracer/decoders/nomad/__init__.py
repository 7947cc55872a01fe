"""Nomad: a bridge by optimistic messages, robbed on 2022-08-01 by messages that nobody had sent."""
