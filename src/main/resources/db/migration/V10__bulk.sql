-- Names a prompt with two answers whatever their order; an import finds by it what is already there.
CREATE FUNCTION pair_content(prompt text, one text, other text) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN md5(md5(prompt) || least(md5(one), md5(other)) || greatest(md5(one), md5(other)))::uuid;

ALTER TABLE pairs
  ADD COLUMN content uuid NOT NULL GENERATED ALWAYS AS (pair_content(prompt, text_a, text_b)) STORED;
CREATE INDEX pairs_by_content ON pairs (content);
CREATE INDEX pairs_by_policy_a ON pairs (policy_a);
CREATE INDEX pairs_by_policy_b ON pairs (policy_b);

-- Of a vote: whether it came from a file, and the import whose file last held it.
ALTER TABLE preferences
  ADD COLUMN imported boolean NOT NULL DEFAULT false,
  ADD COLUMN last_import text;
DROP INDEX preferences_by_user;
CREATE INDEX preferences_by_user ON preferences (user_id, seq);
CREATE INDEX preferences_by_time ON preferences (recorded_at);
CREATE INDEX preferences_by_tag ON preferences USING gin (tags) WHERE tags <> '{}';
