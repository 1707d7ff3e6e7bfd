INSERT INTO skips VALUES ('pair_1', 'chat_1', 'u9', 'unclear', now());
INSERT INTO guidelines (markdown, actor) VALUES ('Prefer what is true.', 'operator_1');
