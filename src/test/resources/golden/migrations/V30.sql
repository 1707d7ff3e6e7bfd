INSERT INTO training_runs (run_id, base_hash, status, trigger, requested_by, config)
VALUES ('run_1', 'base', 'succeeded', 'votes', 'trainer', '{"beta": 0.1}'), ('run_2', 'base', 'queued', 'call', 'operator_1', '{}');
INSERT INTO run_progress (run_id, step, metrics) VALUES ('run_1', 1, '{"loss": 0.69}');
INSERT INTO run_scores VALUES ('run_1', 'pref_1', '{-1}', '{-1}', '{-2}', '{-2}');
