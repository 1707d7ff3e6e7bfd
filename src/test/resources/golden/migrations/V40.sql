INSERT INTO reference_logps (base_hash, tokens_hash, logps) VALUES ('base', 't', '{-1,-2}');
