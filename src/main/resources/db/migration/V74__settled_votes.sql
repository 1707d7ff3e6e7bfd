-- A vote takes its seq at its insert, and transactions commit in another order. Whoever reads on from a seq would pass over
-- one that commits late, so each transaction announces, before it takes any, the seq beyond which its own will be: by a
-- shared lock, which ends with it and waits for nobody. No other locks have two numbers.
CREATE FUNCTION announce_votes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
BEGIN
  IF coalesce(current_setting('whetstone.votes_announced', true), '') <> 'on' THEN
    last := coalesce(pg_sequence_last_value('public.preferences_seq_seq'), 0);
    PERFORM pg_advisory_xact_lock_shared((last >> 31)::integer, (last & 2147483647)::integer);
    PERFORM set_config('whetstone.votes_announced', 'on', true);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER votes_announced BEFORE INSERT ON preferences
  FOR EACH STATEMENT EXECUTE FUNCTION announce_votes();

-- The seq up to which all votes are committed or will never be. Only a later statement is sure to see them all: the last
-- number is read before the locks are.
CREATE FUNCTION settled_votes() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  last bigint := coalesce(pg_sequence_last_value('public.preferences_seq_seq'), 0);
BEGIN
  RETURN least(last, (
    SELECT min((classid::bigint << 31) | objid::bigint) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())));
END $$;
