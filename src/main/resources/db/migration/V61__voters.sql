-- A voter is a key and a user of it. A personal key is one person, whatever names it sends; an application vouches for the
-- names of its users. Keys of before were believed, and stay so.
ALTER TABLE keys
  ADD COLUMN users text NOT NULL DEFAULT 'application' CHECK (users IN ('personal', 'application'));

ALTER TABLE preferences DROP CONSTRAINT preferences_pair_id_user_id_key;
ALTER TABLE preferences ADD UNIQUE (pair_id, key_id, user_id);

-- Mixed into the seeds of pairs, so that a seed that a client knows tells nothing of a pair.
CREATE TABLE pair_secret (
  secret text NOT NULL,
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO pair_secret (secret) VALUES (gen_random_uuid()::text || gen_random_uuid()::text);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON pair_secret FROM whetstone_app;

-- What makes answers tell little of what the policy writes: null where they were sampled plainly. No model here recommends a
-- repetition penalty above 1.2. dev.whetstone.preference.PairUse says the same in Java.
CREATE FUNCTION sampling_unusable(sampling jsonb) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN coalesce(sampling -> 'logit_bias', '{}') NOT IN ('{}', 'null') THEN 'logit_bias'
    WHEN coalesce(sampling -> 'stop', '[]') NOT IN ('[]', 'null') THEN 'stop'
    WHEN coalesce((sampling ->> 'presence_penalty')::double precision, 0) <> 0
      OR coalesce((sampling ->> 'frequency_penalty')::double precision, 0) <> 0
      OR coalesce((sampling ->> 'repetition_penalty')::double precision, 1) NOT BETWEEN 1 AND 1.2 THEN 'penalty'
    WHEN coalesce(sampling -> 'schema', 'null') <> 'null' OR coalesce(sampling -> 'choices', 'null') <> 'null' THEN 'grammar'
    WHEN coalesce((sampling ->> 'temperature')::double precision, 1) < 0.2
      OR coalesce((sampling ->> 'top_k')::double precision, 0) = 1 THEN 'deterministic'
  END;

CREATE FUNCTION pair_unusable(ids_a integer[], ids_b integer[], text_a text, text_b text, prompt_ids integer[],
    finish_a text, finish_b text, sampling jsonb) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN finish_a NOT IN ('stop', 'length') OR finish_b NOT IN ('stop', 'length') THEN 'unfinished'
    WHEN ids_a = ids_b OR text_a = text_b THEN 'identical'
    WHEN cardinality(prompt_ids) = 0 OR cardinality(ids_a) = 0 OR cardinality(ids_b) = 0 THEN 'empty'
    ELSE sampling_unusable(sampling) END;

-- A vote counts when it can no longer be taken back; null: at once.
ALTER TABLE preferences ADD COLUMN counts_at timestamptz;
CREATE INDEX preferences_by_counting ON preferences (counts_at) WHERE counts_at IS NOT NULL;

DROP VIEW usable_votes;
ALTER TABLE pairs
  DROP COLUMN usable,
  ADD COLUMN usable boolean NOT NULL GENERATED ALWAYS AS (
    pair_unusable(ids_a, ids_b, text_a, text_b, prompt_ids, finish_a, finish_b, sampling) IS NULL) STORED,
  ADD COLUMN unusable text GENERATED ALWAYS AS (
    pair_unusable(ids_a, ids_b, text_a, text_b, prompt_ids, finish_a, finish_b, sampling)) STORED;
DROP FUNCTION plain_sampling(jsonb);

-- Why each vote may not be trained on or counted; null where it may. A chat key can put the begin of a raw prompt into the
-- model's mouth.
CREATE VIEW judged_votes AS
SELECT v.seq, v.preference_id, v.pair_id, v.key_id, v.user_id, v.choice, v.tags, v.source, v.weight, v.recorded_at,
  p.line, p.base_hash, p.user_id AS pair_user_id, p.conversation, p.part, p.created_at AS pair_created_at, p.prompt_ids,
  CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen_ids,
  CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected_ids,
  CASE v.choice WHEN 'a' THEN p.policy_a ELSE p.policy_b END AS chosen_policy,
  CASE v.choice WHEN 'a' THEN p.policy_b ELSE p.policy_a END AS rejected_policy,
  CASE v.choice WHEN 'a' THEN p.hash_a ELSE p.hash_b END AS chosen_hash,
  CASE v.choice WHEN 'a' THEN p.hash_b ELSE p.hash_a END AS rejected_hash,
  v.counts_at,
  CASE
    WHEN v.choice NOT IN ('a', 'b') THEN v.choice
    WHEN p.unusable IS NOT NULL THEN p.unusable
    WHEN p.messages IS NULL AND NOT p.imported
      AND EXISTS (SELECT FROM keys k WHERE k.id = p.key_id AND k.role = 'chat') THEN 'raw_prompt'
    WHEN v.weight <= 0 THEN 'weight'
    WHEN EXISTS (SELECT FROM exclusions x
      WHERE x.kind = 'id' AND x.value = v.preference_id OR x.kind = 'key' AND x.value = v.key_id
        OR x.kind = 'user' AND x.value = v.user_id OR x.kind = 'tag' AND x.value = ANY (v.tags)) THEN 'excluded'
  END AS unusable
FROM preferences v JOIN pairs p USING (pair_id);

-- Every vote that may be trained on or judged by. Counting, choosing and judging all read this.
CREATE VIEW usable_votes AS
SELECT * FROM judged_votes WHERE unusable IS NULL AND (counts_at IS NULL OR counts_at <= now());

-- Pairs that a rater gave back, and why.
CREATE TABLE skips (
  pair_id text NOT NULL REFERENCES pairs ON DELETE CASCADE,
  key_id text NOT NULL,
  user_id text NOT NULL,
  reason text NOT NULL,
  skipped_at timestamptz NOT NULL,
  PRIMARY KEY (pair_id, key_id, user_id)
);
CREATE INDEX skips_by_user ON skips (user_id);

-- What raters are asked to look at, in Markdown: every version of it, the last one holds.
CREATE TABLE guidelines (
  version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  markdown text NOT NULL,
  actor text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);
REVOKE UPDATE, DELETE, TRUNCATE ON guidelines FROM whetstone_app;
