-- What users' passwords hash to. Apart from the users, so that reading those never reads this.

CREATE TABLE passwords (
    user_pk INTEGER NOT NULL PRIMARY KEY REFERENCES users (pk) ON DELETE CASCADE,
    hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;
