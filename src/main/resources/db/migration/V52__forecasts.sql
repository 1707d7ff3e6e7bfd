-- The automatic mode's evidence: how much better the candidate predicted a vote than the champion did. The order in which
-- votes were taken must stay what it was, for an e-process is one of an order.
ALTER TABLE evidence_votes
  ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN conversation text,
  ADD COLUMN gain double precision CHECK (gain BETWEEN -1 AND 1);

CREATE OR REPLACE FUNCTION forget_voters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE evidence_votes
  SET prompt = preference_id, conversation = CASE WHEN conversation IS NOT NULL THEN preference_id END
  WHERE preference_id IN (SELECT preference_id FROM erased);
  DELETE FROM evidence_voters w USING erased e WHERE w.key_id = e.key_id AND w.user_id = e.user_id
    AND NOT EXISTS (SELECT FROM preferences v WHERE v.user_id = e.user_id AND v.key_id = e.key_id);
  RETURN NULL;
END $$;
