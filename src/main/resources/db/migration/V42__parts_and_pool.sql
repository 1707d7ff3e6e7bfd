-- What a conversation is known by: its first message of a user, or a prompt without messages. A text that PostgreSQL cannot
-- hold (U+0000) leaves the prompt.
CREATE FUNCTION pair_conversation(messages json, prompt text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN md5(coalesce(
    (SELECT m ->> 'content'
     FROM json_array_elements(CASE json_typeof(messages) WHEN 'array' THEN messages ELSE '[]' END) WITH ORDINALITY AS e (m, place)
     WHERE m ->> 'role' = 'user' ORDER BY place LIMIT 1),
    prompt));
EXCEPTION WHEN data_exception THEN
  RETURN md5(prompt);
END $$;

-- The part of the log that a pair is in, for ever: eight in ten train, one chooses a run's best step, one judges candidates.
-- dev.whetstone.preference.Part computes the same.
CREATE FUNCTION conversation_part(base_hash text, conversation text, user_id text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE ('x' || left(md5(base_hash || E'\n' || conversation || E'\n' || user_id), 8))::bit(32)::bigint % 10
    WHEN 8 THEN 'select' WHEN 9 THEN 'gate' ELSE 'train' END;

-- Whether answers were sampled plainly, so that they tell what the policy writes. No model here recommends a repetition
-- penalty above 1.2.
CREATE FUNCTION plain_sampling(sampling jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(sampling -> 'logit_bias', '{}') IN ('{}', 'null')
    AND coalesce(sampling -> 'stop', '[]') IN ('[]', 'null')
    AND coalesce((sampling ->> 'presence_penalty')::double precision, 0) = 0
    AND coalesce((sampling ->> 'frequency_penalty')::double precision, 0) = 0
    AND coalesce((sampling ->> 'repetition_penalty')::double precision, 1) BETWEEN 1 AND 1.2;

ALTER TABLE pairs
  ADD COLUMN line text NOT NULL DEFAULT 'main',
  ADD COLUMN conversation text NOT NULL GENERATED ALWAYS AS (pair_conversation(messages, prompt)) STORED,
  ADD COLUMN part text NOT NULL
    GENERATED ALWAYS AS (conversation_part(base_hash, pair_conversation(messages, prompt), user_id)) STORED,
  ADD COLUMN usable boolean NOT NULL GENERATED ALWAYS AS (
    ids_a <> ids_b AND text_a <> text_b AND cardinality(prompt_ids) > 0 AND cardinality(ids_a) > 0 AND cardinality(ids_b) > 0
    AND finish_a IN ('stop', 'length') AND finish_b IN ('stop', 'length') AND plain_sampling(sampling)) STORED;

-- Later there may be several champions side by side on one base: every row says which line it belongs to.
ALTER TABLE preferences
  ADD COLUMN line text NOT NULL DEFAULT 'main',
  ADD COLUMN source text NOT NULL DEFAULT 'human' CHECK (source IN ('human', 'judge', 'rule')),
  ADD COLUMN weight real NOT NULL DEFAULT 1 CHECK (weight >= 0 AND weight <= 100);
ALTER TABLE policies ADD COLUMN line text NOT NULL DEFAULT 'main';
ALTER TABLE aliases ADD COLUMN line text NOT NULL DEFAULT 'main';
ALTER TABLE alias_history ADD COLUMN line text NOT NULL DEFAULT 'main';
ALTER TABLE rollouts ADD COLUMN line text NOT NULL DEFAULT 'main';
ALTER TABLE training_runs
  ADD COLUMN line text NOT NULL DEFAULT 'main',
  -- usable votes of the train part when the data was frozen
  ADD COLUMN pool integer,
  -- preferences.seq up to which votes no longer count, because the users' taste has turned since
  ADD COLUMN forgotten_until bigint NOT NULL DEFAULT 0,
  ADD COLUMN seconds double precision,
  ADD COLUMN trained_tokens bigint;

-- Votes that an operator took out of the pool and its parts; without a row they are back.
CREATE TABLE exclusions (
  exclusion_id text PRIMARY KEY DEFAULT 'exclusion_' || replace(gen_random_uuid()::text, '-', ''),
  line text NOT NULL DEFAULT 'main',
  kind text NOT NULL CHECK (kind IN ('id', 'key', 'user', 'tag')),
  value text NOT NULL CHECK (value <> ''),
  reason text NOT NULL,
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (kind, value)
);

-- Whether runs and duels are held, by whom and why. No row: they are not.
CREATE TABLE learning_pauses (
  base_hash text NOT NULL,
  line text NOT NULL DEFAULT 'main',
  reason text NOT NULL,
  actor text NOT NULL,
  paused_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (base_hash, line)
);

-- What a vote is worth to a run when its data is frozen.
ALTER TABLE run_preferences
  ADD COLUMN weight real NOT NULL DEFAULT 1,
  ADD COLUMN part text CHECK (part IN ('train', 'select', 'gate'));

-- Every vote that may be trained on or judged by: decided, on two different answers that ended and were sampled plainly, on a
-- conversation (whose begin a chat key cannot put into the model's mouth), and not excluded. Counting, choosing and judging
-- all read this.
CREATE VIEW usable_votes AS
SELECT v.seq, v.preference_id, v.pair_id, v.key_id, v.user_id, v.choice, v.tags, v.source, v.weight, v.recorded_at,
  p.line, p.base_hash, p.user_id AS pair_user_id, p.conversation, p.part, p.created_at AS pair_created_at, p.prompt_ids,
  CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen_ids,
  CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected_ids,
  CASE v.choice WHEN 'a' THEN p.policy_a ELSE p.policy_b END AS chosen_policy,
  CASE v.choice WHEN 'a' THEN p.policy_b ELSE p.policy_a END AS rejected_policy,
  CASE v.choice WHEN 'a' THEN p.hash_a ELSE p.hash_b END AS chosen_hash,
  CASE v.choice WHEN 'a' THEN p.hash_b ELSE p.hash_a END AS rejected_hash
FROM preferences v JOIN pairs p USING (pair_id)
WHERE v.choice IN ('a', 'b') AND v.weight > 0 AND p.usable
  AND (p.messages IS NOT NULL OR p.imported
    OR NOT EXISTS (SELECT FROM keys k WHERE k.id = p.key_id AND k.role = 'chat'))
  AND NOT EXISTS (SELECT FROM exclusions x
    WHERE x.kind = 'id' AND x.value = v.preference_id OR x.kind = 'key' AND x.value = v.key_id
      OR x.kind = 'user' AND x.value = v.user_id OR x.kind = 'tag' AND x.value = ANY (v.tags));
