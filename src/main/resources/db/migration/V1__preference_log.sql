-- The application's connections act as whetstone_app, which owns nothing.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'whetstone_app') THEN
    CREATE ROLE whetstone_app NOLOGIN;
  END IF;
  EXECUTE format('GRANT whetstone_app TO %I', current_user);
END $$;
GRANT USAGE ON SCHEMA public TO whetstone_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO whetstone_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO whetstone_app;

CREATE TABLE keys (
  id text PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('chat', 'rater', 'operator', 'trainer')),
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  note text,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- Append-only: who did what, when, to what.
CREATE TABLE audit (
  audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  version text,
  detail jsonb NOT NULL DEFAULT '{}'
);
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM whetstone_app;

CREATE TABLE pairs (
  pair_id text PRIMARY KEY,
  key_id text NOT NULL,
  user_id text NOT NULL,
  prompt text NOT NULL,
  prompt_ids integer[] NOT NULL,
  prompt_hash bytea NOT NULL,
  messages json,
  text_a text NOT NULL,
  text_b text NOT NULL,
  ids_a integer[] NOT NULL,
  ids_b integer[] NOT NULL,
  logps_a real[] NOT NULL,
  logps_b real[] NOT NULL,
  finish_a text NOT NULL,
  finish_b text NOT NULL,
  policy_a text NOT NULL,
  policy_b text NOT NULL,
  hash_a text NOT NULL,
  hash_b text NOT NULL,
  base_hash text NOT NULL,
  sampling jsonb NOT NULL,
  metadata json,
  imported boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX pairs_by_user ON pairs (user_id);
CREATE INDEX pairs_by_prompt ON pairs (prompt_hash);
CREATE INDEX pairs_by_age ON pairs (created_at, pair_id);

CREATE TABLE preferences (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  preference_id text PRIMARY KEY,
  pair_id text NOT NULL REFERENCES pairs ON DELETE CASCADE,
  key_id text NOT NULL,
  user_id text NOT NULL,
  choice text NOT NULL CHECK (choice IN ('a', 'b', 'tie', 'both_bad')),
  comment text,
  tags text[] NOT NULL DEFAULT '{}',
  confidence real CHECK (confidence BETWEEN 0 AND 1),
  recorded_at timestamptz NOT NULL,
  UNIQUE (pair_id, user_id)
);
CREATE INDEX preferences_by_user ON preferences (user_id);

-- Pairs handed to raters, each for a while.
CREATE TABLE leases (
  pair_id text NOT NULL REFERENCES pairs ON DELETE CASCADE,
  key_id text NOT NULL,
  user_id text NOT NULL,
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (pair_id, key_id, user_id)
);
CREATE INDEX leases_by_end ON leases (leased_until);

-- The votes each training run used. Erasure takes a vote and its user away and leaves what the run was trained on.
CREATE TABLE run_preferences (
  run_id text NOT NULL,
  preference_id text NOT NULL,
  user_id text,
  PRIMARY KEY (run_id, preference_id)
);
CREATE INDEX run_preferences_by_user ON run_preferences (user_id);
