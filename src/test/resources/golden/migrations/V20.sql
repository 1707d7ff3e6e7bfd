BEGIN;
INSERT INTO aliases (base_hash, revision, champion) VALUES ('base', 1, 0);
INSERT INTO policies (base_hash, number, hash, status) VALUES ('base', 0, 'h0', 'ready');
INSERT INTO policies (base_hash, number, hash, rank, alpha, adapter, parent, status)
VALUES ('base', 1, 'h1', 8, 16, '\x01', 0, 'candidate');
INSERT INTO alias_history (base_hash, revision, champion, actor, action) VALUES ('base', 1, 0, 'gateway', 'create');
COMMIT;
INSERT INTO gateways (gateway, base_hash, revision, version, hash) VALUES ('one', 'base', 1, 'v0', 'h0');
INSERT INTO idempotency_keys (owner, key, request_hash) VALUES ('chat_1', 'k', '\x00');
