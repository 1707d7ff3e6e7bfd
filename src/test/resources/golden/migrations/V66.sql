INSERT INTO evidence_ratings (subject, feedback_id, voter, conversation, of_candidate, share, up, rated_at, counted, reason)
VALUES ('rollout_1', 'feedback_1', 1, 'c', true, 0.5, true, now(), true, 'counted');
