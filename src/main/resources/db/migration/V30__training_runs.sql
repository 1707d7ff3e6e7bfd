-- Training runs. Of one base at most one is queued or running.
CREATE TABLE training_runs (
  run_id text PRIMARY KEY DEFAULT 'run_' || replace(gen_random_uuid()::text, '-', ''),
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  base_hash text NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  trigger text NOT NULL CHECK (trigger IN ('votes', 'schedule', 'call')),
  requested_by text NOT NULL,
  -- settings asked for; once the data is frozen, all settings of the run
  config jsonb NOT NULL,
  parent text,
  data_hash text,
  pairs integer NOT NULL DEFAULT 0,
  held_out integer NOT NULL DEFAULT 0,
  -- preferences.seq of the newest vote that the run's data took into account
  newest_vote bigint,
  policy text,
  metrics jsonb NOT NULL DEFAULT '{}',
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  cancel_requested boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz
);
CREATE UNIQUE INDEX one_active_run ON training_runs (base_hash) WHERE status IN ('queued', 'running');
REVOKE DELETE ON training_runs FROM whetstone_app;

-- What a run reported, thinned as it grows long.
CREATE TABLE run_progress (
  run_id text NOT NULL REFERENCES training_runs ON DELETE CASCADE,
  step integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  metrics jsonb NOT NULL,
  PRIMARY KEY (run_id, step)
);

-- The trainer's log-probs of the held-out pairs, token by token: the gate computes them again through the engine.
CREATE TABLE run_scores (
  run_id text NOT NULL REFERENCES training_runs ON DELETE CASCADE,
  preference_id text NOT NULL,
  chosen_policy real[] NOT NULL,
  chosen_reference real[] NOT NULL,
  rejected_policy real[] NOT NULL,
  rejected_reference real[] NOT NULL,
  PRIMARY KEY (run_id, preference_id)
);
