INSERT INTO learning_refusals VALUES ('chat_1', 'nobody', 'asked', 'operator_1');
INSERT INTO gold_pairs VALUES ('pair_1', 'a', 'plain', 'operator_1');
