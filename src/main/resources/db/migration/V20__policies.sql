-- Versions of a base: v0 is the base alone, v1 and up have an adapter. Rows never go, and change only in their standing.
CREATE TABLE policies (
  base_hash text NOT NULL CHECK (base_hash <> ''),
  number integer NOT NULL CHECK (number >= 0),
  version text NOT NULL GENERATED ALWAYS AS ('v' || number::text) STORED,
  hash text NOT NULL CHECK (hash <> ''),
  rank integer CHECK (rank > 0),
  alpha double precision CHECK (alpha > 0),
  target_modules text[] NOT NULL DEFAULT '{}',
  adapter bytea,
  parent integer CHECK (parent < number),
  run_id text,
  data_hash text,
  created_at timestamptz NOT NULL DEFAULT now(),
  status text NOT NULL CHECK (status IN ('ready', 'candidate', 'held', 'rejected')),
  status_reason text,
  rolled_back_at timestamptz,
  PRIMARY KEY (base_hash, number),
  UNIQUE (base_hash, hash),
  FOREIGN KEY (base_hash, parent) REFERENCES policies (base_hash, number),
  CHECK (num_nulls(rank, alpha, adapter) = CASE number WHEN 0 THEN 3 ELSE 0 END)
);
-- float32 does not compress
ALTER TABLE policies ALTER COLUMN adapter SET STORAGE EXTERNAL;
REVOKE UPDATE, DELETE ON policies FROM whetstone_app;
GRANT UPDATE (status, status_reason, rolled_back_at) ON policies TO whetstone_app;

-- One row a base, so that all aliases flip at once and there is exactly one champion.
CREATE TABLE aliases (
  base_hash text PRIMARY KEY,
  revision bigint NOT NULL,
  champion integer NOT NULL,
  candidate integer CHECK (candidate <> champion),
  previous integer CHECK (previous <> champion),
  changed_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (base_hash, champion) REFERENCES policies (base_hash, number) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (base_hash, candidate) REFERENCES policies (base_hash, number),
  FOREIGN KEY (base_hash, previous) REFERENCES policies (base_hash, number)
);
ALTER TABLE policies ADD FOREIGN KEY (base_hash) REFERENCES aliases DEFERRABLE INITIALLY DEFERRED;
REVOKE DELETE ON aliases FROM whetstone_app;

-- Append-only: every state the aliases were in.
CREATE TABLE alias_history (
  base_hash text NOT NULL REFERENCES aliases,
  revision bigint NOT NULL,
  champion integer NOT NULL,
  candidate integer,
  previous integer,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  reason text,
  PRIMARY KEY (base_hash, revision)
);
REVOKE UPDATE, DELETE ON alias_history FROM whetstone_app;

-- What each gateway serves, and why not what it should.
CREATE TABLE gateways (
  gateway text PRIMARY KEY,
  base_hash text NOT NULL,
  revision bigint NOT NULL,
  version text NOT NULL,
  hash text NOT NULL,
  problem text,
  seen_at timestamptz NOT NULL DEFAULT now()
);

-- Answers to requests that carried an Idempotency-Key, kept for a day.
CREATE TABLE idempotency_keys (
  owner text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status integer,
  body text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
