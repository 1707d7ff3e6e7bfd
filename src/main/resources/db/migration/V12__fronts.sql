-- How far the raters' queue is worked off, by how many judgements are wanted of a pair: every pair before has them.
CREATE TABLE rater_fronts (
  overlap integer PRIMARY KEY,
  created_at timestamptz NOT NULL,
  pair_id text NOT NULL
);
INSERT INTO rater_fronts SELECT overlap, 'epoch', '' FROM generate_series(1, 10) AS overlap;

-- What the queue looks through: the pairs themselves are wide.
DROP INDEX pairs_by_age;
CREATE INDEX pairs_by_age ON pairs (created_at, pair_id) INCLUDE (expires_at) WHERE NOT imported;

-- Where a time begins and ends in the order of the log.
DROP INDEX preferences_by_time;
CREATE INDEX preferences_by_time ON preferences (recorded_at, seq);

-- Who wrote the sides stands with the vote too, so that votes are added up without their pairs.
ALTER TABLE preferences ADD COLUMN policy_a text, ADD COLUMN policy_b text;
UPDATE preferences v SET policy_a = p.policy_a, policy_b = p.policy_b FROM pairs p WHERE p.pair_id = v.pair_id;
ALTER TABLE preferences ALTER COLUMN policy_a SET NOT NULL, ALTER COLUMN policy_b SET NOT NULL;
DROP INDEX pairs_versions;
