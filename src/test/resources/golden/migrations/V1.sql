INSERT INTO keys (id, role, hash) VALUES ('chat_1', 'chat', sha256('one'));
INSERT INTO audit (actor, action, subject) VALUES ('chat_1', 'vote', 'pair_1');
INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages, text_a, text_b, ids_a, ids_b, logps_a,
  logps_b, finish_a, finish_b, policy_a, policy_b, hash_a, hash_b, base_hash, sampling, created_at, expires_at)
VALUES
  ('pair_1', 'chat_1', 'u1', 'Hi', '{1}', sha256('Hi'), '[{"role": "user", "content": "Hi"}]', 'one', 'two', '{2}', '{3}',
    '{-1}', '{-2}', 'stop', 'stop', 'v0', 'v0', 'h0', 'h0', 'base', '{"temperature": 0.8}', now(), now() + interval '1 day'),
  ('pair_2', 'chat_1', 'u''2', 'Ünï', '{1}', sha256('x'), NULL, 'same', 'same', '{2}', '{2}', '{-1}', '{-1}', 'stop', 'length',
    'v0', 'v0', 'h0', 'h0', 'base', '{"repetition_penalty": 1.5}', now(), now() + interval '1 day');
INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, tags, recorded_at)
VALUES ('pref_1', 'pair_1', 'chat_1', 'u1', 'a', '{good}', now()), ('pref_2', 'pair_2', 'chat_1', 'u''2', 'tie', '{}', now());
INSERT INTO leases VALUES ('pair_1', 'chat_1', 'u3', now());
INSERT INTO run_preferences VALUES ('run_0', 'pref_1', 'u1');
