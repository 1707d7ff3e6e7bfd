-- What is kept for a while only. Expired pairs are read in the order in which they expired.
CREATE INDEX pairs_by_end ON pairs (expires_at, pair_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Pairs that nobody voted on were never trained on, so that the cache of log-probs holds nothing of them: a sweep of them
-- says so by whetstone.retention and leaves the cache. Else as in V41.
CREATE OR REPLACE FUNCTION forget_reference_logps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('whetstone.retention', true) IS DISTINCT FROM 'on' THEN
    UPDATE reference_generation SET generation = generation + 1;
    DELETE FROM reference_logps;
  END IF;
  RETURN NULL;
END $$;

-- The application may delete nothing of the audit but by this function, and nothing by it that is younger than 30 days; of
-- sign-ins, which whoever has a key can make as many of as it likes, at most a number stays.
CREATE FUNCTION forget_audit(before timestamptz, sign_ins_before timestamptz, retained_sign_ins integer, batch integer)
  RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  gone integer;
  beyond bigint;
BEGIN
  SELECT audit_id INTO beyond FROM audit WHERE action IN ('session opened', 'sign-in link made')
    ORDER BY audit_id DESC OFFSET greatest(retained_sign_ins, 10000) LIMIT 1;
  DELETE FROM audit WHERE audit_id IN (
    SELECT audit_id FROM audit
    WHERE at < least(before, now() - interval '30 days')
      OR action IN ('session opened', 'sign-in link made')
        AND (at < least(sign_ins_before, now() - interval '30 days') OR audit_id <= beyond)
    ORDER BY audit_id LIMIT batch);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
