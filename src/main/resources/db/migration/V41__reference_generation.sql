-- A run reads its pairs once and stores reference log-probs later. It notes the generation before it reads, and stores under a shared
-- lock on this row only while it is the same: what was erased in between does not come back.

CREATE TABLE reference_generation (
  generation bigint  NOT NULL,
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);

INSERT INTO reference_generation (generation) VALUES (0);

-- The update waits for those who store; the delete after it sees what they stored.
CREATE OR REPLACE FUNCTION forget_reference_logps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE reference_generation SET generation = generation + 1;
  DELETE FROM reference_logps;
  RETURN NULL;
END $$;
