-- Single answers take part in a duel: by chance a conversation's answers come from the candidate or the champion, and their
-- ratings are evidence beside the votes on pairs.
ALTER TABLE answers
  -- the duel for which the version was drawn, and the candidate's chance; null where nothing was drawn
  ADD COLUMN rollout_id text,
  ADD COLUMN share double precision CHECK (share > 0 AND share < 1),
  ADD CHECK ((rollout_id IS NULL) = (share IS NULL));
CREATE INDEX answers_by_duel ON answers (rollout_id, key_id, user_id, conversation, created_at) WHERE rollout_id IS NOT NULL;
CREATE INDEX answers_of_duel_by_age ON answers (rollout_id, created_at) WHERE rollout_id IS NOT NULL;

-- What each rating was when its conversation's turn came: evidence, or not, and why not. Rows never change, but for what names
-- a conversation; subject is a rollout, voter a number within it, as in evidence_votes.
CREATE TABLE evidence_ratings (
  place bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  subject text NOT NULL,
  feedback_id text NOT NULL,
  voter integer NOT NULL,
  conversation text NOT NULL,
  of_candidate boolean NOT NULL,
  share double precision NOT NULL,
  up boolean NOT NULL,
  rated_at timestamptz NOT NULL,
  counted boolean NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (subject, feedback_id)
);
CREATE INDEX evidence_ratings_in_order ON evidence_ratings (subject, place);
CREATE INDEX evidence_ratings_by_rating ON evidence_ratings (feedback_id);

-- Counted ratings of a duel, and natural logarithms of what they prove.
ALTER TABLE rollouts
  ADD COLUMN candidate_up integer NOT NULL DEFAULT 0,
  ADD COLUMN candidate_down integer NOT NULL DEFAULT 0,
  ADD COLUMN champion_up integer NOT NULL DEFAULT 0,
  ADD COLUMN champion_down integer NOT NULL DEFAULT 0,
  ADD COLUMN rating_evidence double precision NOT NULL DEFAULT 0,
  ADD COLUMN rating_mirrored double precision NOT NULL DEFAULT 0,
  ADD COLUMN rating_futility double precision NOT NULL DEFAULT 0;

ALTER TABLE rollout_figures DROP CONSTRAINT rollout_figures_side_check;
ALTER TABLE rollout_figures ADD CONSTRAINT rollout_figures_side_check
  CHECK (side IN ('candidate', 'champion', 'alone', 'candidate_answers', 'champion_answers'));

-- Erasure takes the name from what was counted, as in V50, once a voter has neither votes nor ratings left.
CREATE OR REPLACE FUNCTION forget_voters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE evidence_votes SET prompt = preference_id WHERE preference_id IN (SELECT preference_id FROM erased);
  DELETE FROM evidence_voters w USING erased e WHERE w.key_id = e.key_id AND w.user_id = e.user_id
    AND NOT EXISTS (SELECT FROM preferences v WHERE v.user_id = e.user_id AND v.key_id = e.key_id)
    AND NOT EXISTS (SELECT FROM ratings r WHERE r.user_id = e.user_id AND r.key_id = e.key_id);
  RETURN NULL;
END $$;
CREATE FUNCTION forget_raters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE evidence_ratings SET conversation = feedback_id WHERE feedback_id IN (SELECT feedback_id FROM erased);
  DELETE FROM evidence_voters w USING erased e WHERE w.key_id = e.key_id AND w.user_id = e.user_id
    AND NOT EXISTS (SELECT FROM preferences v WHERE v.user_id = e.user_id AND v.key_id = e.key_id)
    AND NOT EXISTS (SELECT FROM ratings r WHERE r.user_id = e.user_id AND r.key_id = e.key_id);
  RETURN NULL;
END $$;
CREATE TRIGGER ratings_deleted AFTER DELETE ON ratings REFERENCING OLD TABLE AS erased
  FOR EACH STATEMENT EXECUTE FUNCTION forget_raters();
