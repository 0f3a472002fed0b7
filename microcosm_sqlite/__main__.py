"""Make `python -m microcosm_sqlite` the same program as `microcosm-sqlite`."""

from microcosm_sqlite.cmd import main

if __name__ == "__main__":
    main()
