-- Candidates on their way to champion. Of one base at most one is under way.
CREATE TABLE rollouts (
  rollout_id text PRIMARY KEY DEFAULT 'rollout_' || replace(gen_random_uuid()::text, '-', ''),
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  base_hash text NOT NULL,
  run_id text UNIQUE REFERENCES training_runs,
  candidate text NOT NULL,
  candidate_hash text NOT NULL,
  champion text NOT NULL,
  champion_hash text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('duel', 'automatic', 'manual')),
  share double precision NOT NULL CHECK (share > 0 AND share <= 1),
  status text NOT NULL
    CHECK (status IN ('gating', 'duelling', 'waiting', 'promoted', 'rejected', 'held', 'rolled_back', 'cancelled')),
  reason text,
  wins integer NOT NULL DEFAULT 0,
  losses integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  duel_began_at timestamptz,
  ended_at timestamptz
);
CREATE UNIQUE INDEX one_active_rollout ON rollouts (base_hash) WHERE status IN ('gating', 'duelling', 'waiting');
REVOKE DELETE ON rollouts FROM whetstone_app;

CREATE TABLE gate_rows (
  rollout_id text NOT NULL REFERENCES rollouts,
  place integer NOT NULL,
  name text NOT NULL,
  number double precision NOT NULL,
  threshold text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'inconclusive')),
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (rollout_id, name)
);

-- Append-only: every decision with the numbers it was made on.
CREATE TABLE rollout_decisions (
  decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rollout_id text NOT NULL REFERENCES rollouts,
  at timestamptz NOT NULL DEFAULT now(),
  decision text NOT NULL,
  actor text NOT NULL,
  reason text,
  numbers jsonb NOT NULL
);
CREATE INDEX rollout_decisions_by_rollout ON rollout_decisions (rollout_id, decision_id);
REVOKE UPDATE, DELETE ON rollout_decisions FROM whetstone_app;

-- What the sides of a duel did, counted by each gateway.
CREATE TABLE rollout_figures (
  rollout_id text NOT NULL REFERENCES rollouts,
  gateway text NOT NULL,
  side text NOT NULL CHECK (side IN ('candidate', 'champion')),
  completions bigint NOT NULL,
  empty bigint NOT NULL,
  unended bigint NOT NULL,
  errors bigint NOT NULL,
  tokens bigint NOT NULL,
  seconds double precision NOT NULL,
  PRIMARY KEY (rollout_id, gateway, side)
);

-- Votes of one duel are those on pairs of these two versions.
CREATE INDEX pairs_by_versions ON pairs (hash_a, hash_b, created_at);
