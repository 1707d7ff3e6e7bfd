-- status and decision keep the words that older builds read; what they lack stands beside: 'superseded' with 'held',
-- 'rolled_back' with 'promoted'.
ALTER TABLE rollouts
  ADD COLUMN ending text CHECK (ending IN ('superseded', 'rolled_back')),
  -- the how-manieth duel (or, in the automatic mode, judgement) against this champion since it was promoted
  ADD COLUMN attempt integer CHECK (attempt >= 1),
  -- preferences.seq of the newest vote when the duel began: its evidence is what came later
  ADD COLUMN evidence_after bigint,
  ADD COLUMN gate_failures integer NOT NULL DEFAULT 0,
  -- votes of the gate part at the last judgement, when an inconclusive one waits for more
  ADD COLUMN judged_votes integer;
ALTER TABLE rollout_decisions ADD COLUMN ending text;

-- What each vote was when it arrived: evidence, or not, and why not. Rows never change, so that what decided stays as it was;
-- subject is a rollout or a watch, voter a number within it.
CREATE TABLE evidence_votes (
  subject text NOT NULL,
  preference_id text NOT NULL,
  seq bigint NOT NULL,
  voter integer NOT NULL,
  prompt text NOT NULL,
  pair text NOT NULL,
  -- 1 for the one in question, 0 for the other, a half for a tie, null for both bad
  score real,
  counted boolean NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (subject, preference_id)
);
CREATE INDEX evidence_votes_in_order ON evidence_votes (subject, seq);

CREATE TABLE evidence_voters (
  subject text NOT NULL,
  key_id text NOT NULL,
  user_id text NOT NULL,
  voter integer NOT NULL,
  PRIMARY KEY (subject, key_id, user_id)
);

-- Erasure takes the name from what was counted, and what would confirm a guessed prompt; the count stays.
CREATE FUNCTION forget_voters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE evidence_votes SET prompt = preference_id WHERE preference_id IN (SELECT preference_id FROM erased);
  DELETE FROM evidence_voters w USING erased e WHERE w.key_id = e.key_id AND w.user_id = e.user_id
    AND NOT EXISTS (SELECT FROM preferences v WHERE v.user_id = e.user_id AND v.key_id = e.key_id);
  RETURN NULL;
END $$;
CREATE TRIGGER votes_deleted AFTER DELETE ON preferences REFERENCING OLD TABLE AS erased
  FOR EACH STATEMENT EXECUTE FUNCTION forget_voters();
CREATE INDEX evidence_votes_by_preference ON evidence_votes (preference_id);
CREATE INDEX evidence_voters_by_user ON evidence_voters (user_id);

-- For standard errors: sums of squares, and of the logarithm of seconds a token.
ALTER TABLE rollout_figures
  ADD COLUMN token_squares double precision NOT NULL DEFAULT 0,
  ADD COLUMN paces bigint NOT NULL DEFAULT 0,
  ADD COLUMN log_pace double precision NOT NULL DEFAULT 0,
  ADD COLUMN log_pace_squares double precision NOT NULL DEFAULT 0;

-- What was promoted, compared with what it replaced and with v0.
CREATE TABLE watches (
  watch_id text PRIMARY KEY DEFAULT 'watch_' || replace(gen_random_uuid()::text, '-', ''),
  base_hash text NOT NULL,
  line text NOT NULL DEFAULT 'main',
  champion text NOT NULL,
  champion_hash text NOT NULL,
  against text NOT NULL,
  against_hash text NOT NULL,
  -- whether the other one is what the champion replaced; else it is v0, for the win rate alone
  of_predecessor boolean NOT NULL,
  -- revision of the aliases that promoted the champion
  promotion bigint NOT NULL,
  evidence_after bigint NOT NULL,
  wins integer NOT NULL DEFAULT 0,
  losses integer NOT NULL DEFAULT 0,
  ties integer NOT NULL DEFAULT 0,
  both_bad integer NOT NULL DEFAULT 0,
  win_rate double precision,
  win_rate_low double precision,
  win_rate_high double precision,
  began_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  outcome text,
  UNIQUE (base_hash, champion_hash, against_hash, promotion)
);
REVOKE DELETE ON watches FROM whetstone_app;

CREATE TABLE watch_figures (
  rollout_id text NOT NULL REFERENCES watches (watch_id),
  gateway text NOT NULL,
  side text NOT NULL CHECK (side IN ('candidate', 'champion', 'alone')),
  completions bigint NOT NULL,
  empty bigint NOT NULL,
  unended bigint NOT NULL,
  errors bigint NOT NULL,
  tokens bigint NOT NULL,
  seconds double precision NOT NULL,
  token_squares double precision NOT NULL DEFAULT 0,
  paces bigint NOT NULL DEFAULT 0,
  log_pace double precision NOT NULL DEFAULT 0,
  log_pace_squares double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (rollout_id, gateway, side)
);
