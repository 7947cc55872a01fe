"""The pool and the bridge of the training case, which was acted out on a local development chain."""
