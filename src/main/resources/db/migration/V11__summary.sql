-- What the summary adds up, in indexes of its own: the pairs themselves are wide.
DROP INDEX pairs_by_prompt;
CREATE INDEX pairs_by_prompt ON pairs (prompt_hash, imported);
CREATE INDEX pairs_versions ON pairs (pair_id) INCLUDE (policy_a, policy_b);
