"""`python -m tracer.cli` is `tracer`."""

from tracer.cli.app import main

if __name__ == "__main__":
    main()
