"""`python -m services.cli`: the `elbow` command for who has no `elbow` on the path."""

from services.cli.main import main

if __name__ == "__main__":
    main()
