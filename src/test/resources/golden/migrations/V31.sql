INSERT INTO rollouts (rollout_id, base_hash, run_id, candidate, candidate_hash, champion, champion_hash, mode, share, status)
VALUES ('rollout_1', 'base', 'run_1', 'v1', 'h1', 'v0', 'h0', 'duel', 0.5, 'duelling');
INSERT INTO gate_rows (rollout_id, place, name, number, threshold, verdict) VALUES ('rollout_1', 0, 'kl', 1, '< 3', 'pass');
INSERT INTO rollout_decisions (rollout_id, decision, actor, numbers) VALUES ('rollout_1', 'duelling', 'gateway', '{"kl": 1}');
INSERT INTO rollout_figures VALUES ('rollout_1', 'one', 'candidate', 3, 0, 1, 0, 40, 1.5);
