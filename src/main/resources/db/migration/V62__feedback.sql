-- Single answers, kept for a while so that they can be rated; one with a rating stays.
CREATE TABLE answers (
  completion_id text PRIMARY KEY,
  key_id text NOT NULL,
  user_id text NOT NULL,
  prompt text NOT NULL,
  prompt_ids integer[] NOT NULL,
  messages json,
  text text NOT NULL,
  ids integer[] NOT NULL,
  finish text NOT NULL,
  policy text NOT NULL,
  hash text NOT NULL,
  base_hash text NOT NULL,
  line text NOT NULL DEFAULT 'main',
  sampling jsonb NOT NULL,
  imported boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  conversation text NOT NULL GENERATED ALWAYS AS (pair_conversation(messages, prompt)) STORED,
  part text NOT NULL
    GENERATED ALWAYS AS (conversation_part(base_hash, pair_conversation(messages, prompt), user_id)) STORED,
  unusable text GENERATED ALWAYS AS (CASE
    WHEN finish NOT IN ('stop', 'length') THEN 'unfinished'
    WHEN cardinality(prompt_ids) = 0 OR cardinality(ids) = 0 THEN 'empty'
    ELSE sampling_unusable(sampling) END) STORED
);
CREATE INDEX answers_by_key ON answers (key_id, created_at);
CREATE INDEX answers_by_user ON answers (user_id);
CREATE INDEX answers_by_end ON answers (expires_at);

-- Ratings of single answers, each by the voter who was given the answer. Training takes the last rating, evidence the first.
CREATE TABLE ratings (
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  feedback_id text PRIMARY KEY,
  completion_id text NOT NULL UNIQUE REFERENCES answers ON DELETE CASCADE,
  key_id text NOT NULL,
  user_id text NOT NULL,
  rating text NOT NULL CHECK (rating IN ('up', 'down')),
  first_rating text NOT NULL CHECK (first_rating IN ('up', 'down')),
  edit text,
  comment text,
  tags text[] NOT NULL DEFAULT '{}',
  recorded_at timestamptz NOT NULL,
  first_at timestamptz NOT NULL,
  -- the pair that it is part of, as an edit or with an opposite rating; then it is not trained on alone
  pair_id text REFERENCES pairs ON DELETE SET NULL
);
CREATE INDEX ratings_by_user ON ratings (user_id, key_id);
CREATE INDEX ratings_by_pair ON ratings (pair_id) WHERE pair_id IS NOT NULL;

-- Why each rating may not be trained on; null where it may. The same rules as for votes.
CREATE VIEW judged_ratings AS
SELECT r.seq, r.feedback_id, r.completion_id, r.key_id, r.user_id, r.rating, r.first_rating, r.tags, r.recorded_at, r.first_at,
  r.pair_id, a.line, a.base_hash, a.conversation, a.part, a.prompt_ids, a.ids, a.policy, a.hash,
  CASE
    WHEN a.unusable IS NOT NULL THEN a.unusable
    WHEN a.messages IS NULL AND NOT a.imported
      AND EXISTS (SELECT FROM keys k WHERE k.id = a.key_id AND k.role = 'chat') THEN 'raw_prompt'
    WHEN EXISTS (SELECT FROM exclusions x
      WHERE x.kind = 'id' AND x.value = r.feedback_id OR x.kind = 'key' AND x.value = r.key_id
        OR x.kind = 'user' AND x.value = r.user_id OR x.kind = 'tag' AND x.value = ANY (r.tags)) THEN 'excluded'
  END AS unusable
FROM ratings r JOIN answers a USING (completion_id);

-- Every rating that may be trained on by itself.
CREATE VIEW usable_ratings AS SELECT * FROM judged_ratings WHERE unusable IS NULL AND pair_id IS NULL;

-- The ratings each training run used, as they were then.
CREATE TABLE run_ratings (
  run_id text NOT NULL,
  feedback_id text NOT NULL,
  user_id text,
  desirable boolean NOT NULL,
  weight real NOT NULL,
  PRIMARY KEY (run_id, feedback_id)
);
CREATE INDEX run_ratings_by_user ON run_ratings (user_id);

-- Pairs that were not voted on: an edit over its answer, and two answers with opposite ratings. No duel counts them.
ALTER TABLE preferences DROP CONSTRAINT preferences_source_check;
ALTER TABLE preferences ADD CHECK (source IN ('human', 'judge', 'rule', 'edit', 'rating'));
