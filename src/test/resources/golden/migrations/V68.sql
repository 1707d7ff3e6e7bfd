INSERT INTO gate_answers (rollout_id, version, place, pair_id, text, tokens, finish)
VALUES ('rollout_1', 'v1', 0, (SELECT pair_id FROM pairs LIMIT 1), 'It was good.', 4, 'stop');
