-- Whether what is said may be learned from. A request, a user or a key can refuse; a pair keeps what held when it was made,
-- and a user or key that refuses later takes its earlier pairs and votes out, too.
ALTER TABLE keys ADD COLUMN learn boolean NOT NULL DEFAULT true;
ALTER TABLE pairs ADD COLUMN learn boolean NOT NULL DEFAULT true;

-- Users of a key from whom nothing is learned; key_id '' means the users of that name of every key.
CREATE TABLE learning_refusals (
  key_id text NOT NULL,
  user_id text NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key_id)
);

-- Whether a key's user lets anything be learned; asked where a pair or an answer is stored.
CREATE FUNCTION may_learn(key text, user_name text) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NOT EXISTS (SELECT FROM keys k WHERE k.id = key AND NOT k.learn)
    AND NOT EXISTS (SELECT FROM learning_refusals r WHERE r.user_id = user_name AND r.key_id IN (key, ''));

-- As in V61, and first of all whether both the pair's user and the voter let it be learned from. The conditions are written
-- out, because a function would be called for every vote of the log.
CREATE OR REPLACE VIEW judged_votes AS
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
    WHEN NOT p.learn
      OR EXISTS (SELECT FROM keys k WHERE NOT k.learn AND k.id IN (p.key_id, v.key_id))
      OR EXISTS (SELECT FROM learning_refusals r WHERE r.user_id = p.user_id AND r.key_id IN (p.key_id, ''))
      OR EXISTS (SELECT FROM learning_refusals r WHERE r.user_id = v.user_id AND r.key_id IN (v.key_id, '')) THEN 'no_consent'
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

-- Raters are offered only what may be learned from.
DROP INDEX pairs_by_age;
CREATE INDEX pairs_by_age ON pairs (created_at, pair_id) INCLUDE (expires_at) WHERE NOT imported AND learn;

-- Pairs whose answer an operator knows: they tell how often a rater is right.
CREATE TABLE gold_pairs (
  pair_id text PRIMARY KEY REFERENCES pairs ON DELETE CASCADE,
  choice text NOT NULL CHECK (choice IN ('a', 'b', 'tie', 'both_bad')),
  reason text NOT NULL,
  actor text NOT NULL,
  marked_at timestamptz NOT NULL DEFAULT now()
);

-- Erasure takes what a run noted of a vote with it: log-probs of tokens confirm a text that somebody guesses.
DELETE FROM run_scores s WHERE NOT EXISTS (SELECT FROM preferences v WHERE v.preference_id = s.preference_id);
CREATE INDEX run_scores_by_preference ON run_scores (preference_id);
CREATE FUNCTION forget_run_scores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM run_scores WHERE preference_id IN (SELECT preference_id FROM erased);
  RETURN NULL;
END $$;
CREATE TRIGGER scores_deleted AFTER DELETE ON preferences REFERENCING OLD TABLE AS erased
  FOR EACH STATEMENT EXECUTE FUNCTION forget_run_scores();
