-- What the gate's candidate and champion wrote beside each other, to tell what a version changed. A text goes with the pair whose
-- prompt it answers.
CREATE TABLE gate_answers (
  rollout_id text NOT NULL,
  version text NOT NULL,
  place integer NOT NULL,
  pair_id text NOT NULL REFERENCES pairs ON DELETE CASCADE,
  text text NOT NULL,
  tokens integer NOT NULL,
  finish text NOT NULL,
  PRIMARY KEY (rollout_id, version, place)
);
CREATE INDEX gate_answers_by_version ON gate_answers (version);
CREATE INDEX gate_answers_by_pair ON gate_answers (pair_id);

-- Whether a pair has a tag: among the tags of its client's metadata, or of a vote on it. JSON with a NUL has no tags: the server
-- cannot read it.
CREATE FUNCTION has_tag(pair pairs, tag text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM preferences v WHERE v.pair_id = pair.pair_id AND tag = ANY (v.tags))
    OR CASE WHEN pair.metadata IS NULL OR pair.metadata::text LIKE '%\u0000%' THEN false
      WHEN json_typeof(pair.metadata -> 'tags') = 'array' THEN EXISTS (
        SELECT FROM json_array_elements_text(pair.metadata -> 'tags') AS named WHERE named = tag)
      ELSE false END
$$;
