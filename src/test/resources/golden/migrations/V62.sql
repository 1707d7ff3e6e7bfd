INSERT INTO answers (completion_id, key_id, user_id, prompt, prompt_ids, messages, text, ids, finish, policy, hash, base_hash,
  sampling, created_at, expires_at)
VALUES ('gen_1', 'chat_1', 'u1', 'Hi', '{1}', '[{"role": "user", "content": "Hi"}]', 'one', '{2}', 'stop', 'v0', 'h0', 'base', '{}',
  now(), now() + interval '1 day');
INSERT INTO ratings (feedback_id, completion_id, key_id, user_id, rating, first_rating, recorded_at, first_at)
VALUES ('feedback_1', 'gen_1', 'chat_1', 'u1', 'up', 'down', now(), now());
INSERT INTO run_ratings VALUES ('run_0', 'feedback_1', 'u1', true, 1);
