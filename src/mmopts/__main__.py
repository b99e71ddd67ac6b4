"""``python -m mmopts``."""

from mmopts.cli.app import main

if __name__ == "__main__":
    main()
