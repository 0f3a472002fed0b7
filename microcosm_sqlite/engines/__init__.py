"""How SQLite is opened: a DB-API driver over APSW with the SQLAlchemy dialects on top of it."""
