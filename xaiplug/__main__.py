"""`python -m xaiplug` is the command `xaiplug`."""

from xaiplug.cli import main

if __name__ == "__main__":
    main()
