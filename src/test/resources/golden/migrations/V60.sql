INSERT INTO sessions VALUES ('s1', sha256('s'), 'chat_1', 'link', 'Firefox', now(), now(), now() + interval '1 day');
INSERT INTO welcome_links VALUES (sha256('w'), 'chat_1', now());
