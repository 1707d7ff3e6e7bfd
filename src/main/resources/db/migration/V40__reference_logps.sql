-- Log-probs of completions under the frozen base, so that a vote that is trained on again is not scored again. Safe to lose.

CREATE TABLE reference_logps (
  base_hash   text        NOT NULL,
  tokens_hash text        NOT NULL, -- sha256 over the ids of prompt and completion
  logps       real[]      NOT NULL, -- one a token
  stored_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (base_hash, tokens_hash)
);

CREATE INDEX reference_logps_oldest ON reference_logps (stored_at);

-- A hash and log-probs still confirm a guessed text. Pairs are deleted only when a user's data is erased, and which rows are
-- that user's cannot be told from a hash, so all go.
CREATE FUNCTION forget_reference_logps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM reference_logps;
  RETURN NULL;
END $$;

CREATE TRIGGER pairs_deleted AFTER DELETE ON pairs FOR EACH STATEMENT EXECUTE FUNCTION forget_reference_logps();
