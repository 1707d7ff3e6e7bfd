-- Browsers that are signed in. A session is one of a key: it has the key's roles and ends with it. Only hashes are stored.
CREATE TABLE sessions (
  id text PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  key_id text NOT NULL REFERENCES keys,
  origin text NOT NULL CHECK (origin IN ('link', 'key')),
  client text NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX sessions_of_key ON sessions (key_id);

-- One-time links that sign a browser in.
CREATE TABLE welcome_links (
  hash bytea PRIMARY KEY CHECK (length(hash) = 32),
  key_id text NOT NULL REFERENCES keys,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
