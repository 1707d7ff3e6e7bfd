INSERT INTO evidence_votes VALUES ('rollout_1', 'pref_1', 1, 1, 'p', 'pair_1', 1, true, 'counted');
INSERT INTO evidence_voters VALUES ('rollout_1', 'chat_1', 'u1', 1);
INSERT INTO watches (watch_id, base_hash, champion, champion_hash, against, against_hash, of_predecessor, promotion, evidence_after)
VALUES ('watch_1', 'base', 'v1', 'h1', 'v0', 'h0', true, 2, 1);
INSERT INTO watch_figures VALUES ('watch_1', 'one', 'candidate', 3, 0, 1, 0, 40, 1.5);
