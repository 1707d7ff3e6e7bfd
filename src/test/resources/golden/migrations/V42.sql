INSERT INTO exclusions (kind, value, reason, actor) VALUES ('tag', 'spam', 'spam', 'operator_1');
INSERT INTO learning_pauses (base_hash, reason, actor) VALUES ('base', 'holiday', 'operator_1');
