SELECT pg_try_advisory_lock(hashtextextended($1, 0))
SELECT pg_advisory_unlock_all()
SELECT audit_id, at, actor, action, subject, version, detail FROM audit WHERE audit_id < $1 ORDER BY audit_id DESC LIMIT $2
INSERT INTO audit (actor, action, subject, version, detail) VALUES ($1, $2, $3, $4, $5::jsonb)
DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'
INSERT INTO idempotency_keys (owner, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
UPDATE idempotency_keys SET status = $1, body = $2 WHERE owner = $3 AND key = $4
SELECT request_hash, status, body FROM idempotency_keys WHERE owner = $1 AND key = $2
SELECT pg_notify($1, '')
SELECT 1
SELECT tokens_hash, logps FROM reference_logps WHERE base_hash = $1 AND tokens_hash = ANY ($2)
DELETE FROM reference_logps WHERE (base_hash, tokens_hash) IN (SELECT base_hash, tokens_hash FROM reference_logps ORDER BY stored_at DESC, tokens_hash OFFSET $1)
INSERT INTO reference_logps (base_hash, tokens_hash, logps) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
SELECT generation FROM reference_generation
INSERT INTO run_preferences (run_id, preference_id, user_id) VALUES ($1, $2, $3)
UPDATE keys SET last_used_at = greatest(last_used_at, used.at) FROM unnest($1::text[], $2::timestamptz[]) AS used (id, at) WHERE keys.id = used.id
INSERT INTO keys (id, role, hash, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
SELECT pg_advisory_xact_lock(hashtext('whetstone keys'))
SELECT 1 FROM keys WHERE role = 'operator' AND revoked_at IS NULL AND id <> $1 LIMIT 1
SELECT count(*) FROM keys
SELECT id, role, hash FROM keys WHERE revoked_at IS NULL
SELECT * FROM keys WHERE id > $1 ORDER BY id LIMIT $2
SELECT * FROM keys WHERE id = $1
UPDATE keys SET revoked_at = now() WHERE id = $1
SELECT revision, 'v' || champion AS champion, 'v' || candidate AS candidate, 'v' || previous AS previous FROM aliases WHERE base_hash = $1
WITH flipped AS ( UPDATE aliases SET revision = revision + 1, champion = $1, candidate = $2, previous = $3, changed_at = now() WHERE base_hash = $4 RETURNING base_hash, revision, champion, candidate, previous) INSERT INTO alias_history (base_hash, revision, champion, candidate, previous, actor, action, reason) SELECT flipped.*, $5, $6, $7 FROM flipped
SELECT 'v' || h.previous AS version, p.rolled_back_at IS NOT NULL AS rolled_back FROM alias_history h JOIN policies p ON p.base_hash = h.base_hash AND p.number = h.previous WHERE h.base_hash = $1 AND 'v' || h.champion = $2 AND h.action = 'promote' ORDER BY h.revision DESC LIMIT 1
SELECT 'v' || champion FROM alias_history WHERE base_hash = $1 GROUP BY champion ORDER BY max(revision) DESC LIMIT $2
UPDATE policies SET rolled_back_at = now() WHERE base_hash = $1 AND version = $2 AND number > 0
UPDATE policies SET status = 'ready', status_reason = NULL, rolled_back_at = NULL WHERE base_hash = $1 AND version = $2
SELECT p.version, p.hash, p.base_hash, p.rank, p.alpha, p.target_modules, 'v' || p.parent AS parent, p.run_id, p.data_hash, p.status, p.status_reason, p.rolled_back_at, p.created_at FROM policies p
INSERT INTO policies (base_hash, number, hash, rank, alpha, target_modules, adapter, parent, run_id, data_hash, status) SELECT $1, 1 + max(number), $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM policies WHERE base_hash = $11
WITH RECURSIVE line AS ( SELECT number, parent, version, rolled_back_at FROM policies WHERE base_hash = $1 AND version = $2 UNION SELECT p.number, p.parent, p.version, p.rolled_back_at FROM policies p JOIN line ON p.number = line.parent WHERE p.base_hash = $3) SELECT version FROM line WHERE rolled_back_at IS NOT NULL ORDER BY number DESC LIMIT 1
INSERT INTO policies (base_hash, number, hash, status) VALUES ($1, 0, $2, 'ready') ON CONFLICT DO NOTHING
INSERT INTO aliases (base_hash, revision, champion) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING
INSERT INTO alias_history (base_hash, revision, champion, actor, action) VALUES ($1, 0, 0, 'whetstone', 'open')
SELECT pg_advisory_xact_lock(hashtextextended($1, 0))
SELECT adapter FROM policies WHERE base_hash = $1 AND version = $2
UPDATE policies SET status = $1, status_reason = $2 WHERE base_hash = $3 AND version = $4
SELECT run_id, seq, status, trigger, requested_by, config::text AS config, parent, data_hash, pairs, held_out, policy, metrics::text AS metrics, reason, attempts, cancel_requested, created_at, started_at, finished_at FROM training_runs
INSERT INTO training_runs (base_hash, status, trigger, requested_by, config) VALUES ($1, 'queued', $2, $3, $4::jsonb) ON CONFLICT (base_hash) WHERE status IN ('queued', 'running') DO NOTHING RETURNING run_id
UPDATE training_runs SET config = $1::jsonb, parent = $2, data_hash = $3, pairs = $4, held_out = $5, newest_vote = $6 WHERE run_id = $7 AND status = 'running' AND data_hash IS NULL
UPDATE training_runs SET status = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()) WHERE run_id = $1 AND status IN ('queued', 'running')
SELECT coalesce(max(newest_vote), 0) FROM training_runs WHERE base_hash = $1
INSERT INTO run_progress (run_id, step, metrics) VALUES ($1, $2, $3::jsonb) ON CONFLICT (run_id, step) DO UPDATE SET metrics = excluded.metrics, at = now()
UPDATE training_runs SET metrics = $1::jsonb WHERE run_id = $2 AND status = 'running' RETURNING cancel_requested
SELECT step, at, metrics::text FROM run_progress WHERE run_id = $1 AND step > $2 ORDER BY step LIMIT $3
UPDATE training_runs SET status = $1, policy = $2, reason = $3, finished_at = now() WHERE run_id = $4 AND status IN ('queued', 'running')
UPDATE training_runs SET cancel_requested = true WHERE run_id = $1 AND status IN ('queued', 'running') RETURNING status
INSERT INTO run_scores VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
SELECT * FROM run_scores WHERE run_id = $1 ORDER BY preference_id
SELECT preference_id FROM preferences WHERE user_id = $1 UNION SELECT v.preference_id FROM preferences v JOIN pairs p USING (pair_id) WHERE p.user_id = $2
SELECT DISTINCT p.base_hash, p.number, p.version FROM policies p JOIN run_preferences r USING (run_id) WHERE r.user_id = $1 OR r.preference_id = ANY ($2) ORDER BY base_hash, number
WITH RECURSIVE child AS ( SELECT base_hash, number, version FROM policies WHERE parent IS NOT NULL AND (base_hash, parent) IN (SELECT base_hash, number FROM policies p JOIN run_preferences r USING (run_id) WHERE r.user_id = $1 OR r.preference_id = ANY ($2)) UNION SELECT p.base_hash, p.number, p.version FROM policies p JOIN child c ON p.base_hash = c.base_hash AND p.parent = c.number) SELECT * FROM child ORDER BY base_hash, number
UPDATE run_preferences SET user_id = NULL WHERE user_id = $1 OR preference_id = ANY ($2)
DELETE FROM leases WHERE user_id = $1
DELETE FROM preferences WHERE preference_id = ANY ($1)
DELETE FROM pairs WHERE user_id = $1
WITH line AS ( SELECT n, content, chosen, row_number() OVER (PARTITION BY content, chosen ORDER BY n) AS k FROM ( SELECT n, chosen, pair_content(prompt, chosen, rejected) AS content FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS file (prompt, chosen, rejected, n)) AS named), vote AS ( SELECT v.preference_id, p.content, CASE v.choice WHEN 'a' THEN p.text_a ELSE p.text_b END AS chosen, v.seq FROM pairs p JOIN preferences v USING (pair_id) WHERE p.content IN (SELECT content FROM line) AND v.choice IN ('a', 'b') AND v.last_import IS DISTINCT FROM $4), there AS ( SELECT *, row_number() OVER (PARTITION BY content, chosen ORDER BY seq) AS k FROM vote) UPDATE preferences v SET last_import = $5 FROM there JOIN line USING (content, chosen, k) WHERE v.preference_id = there.preference_id RETURNING line.n
INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, recorded_at, last_import, imported, policy_a, policy_b) VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8, $9)
INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages, text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b, hash_a, hash_b, base_hash, sampling, metadata, created_at, expires_at, imported) VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21::jsonb, $22::json, $23, $24, $25)
SELECT max(seq) FROM preferences
SELECT created_at, pair_id, expires_at FROM pairs WHERE NOT imported AND (created_at, pair_id) >= ($1, $2) ORDER BY created_at, pair_id
UPDATE rater_fronts SET created_at = $1, pair_id = $2 WHERE overlap = $3 AND created_at = $4 AND pair_id = $5
UPDATE rater_fronts SET created_at = lost.earliest, pair_id = '' FROM (SELECT min(p.created_at) AS earliest FROM pairs p JOIN preferences v USING (pair_id) WHERE v.user_id = $1 AND p.user_id <> $2) AS lost WHERE rater_fronts.created_at >= lost.earliest
SELECT created_at, pair_id FROM rater_fronts WHERE overlap = $1
SELECT pg_advisory_xact_lock_shared(hashtext('whetstone rater fronts'))
SELECT pg_advisory_xact_lock(hashtext('whetstone rater fronts'))
DELETE FROM leases WHERE leased_until < $1
SELECT count(*) AS prompts, coalesce(sum(n), 0) AS pairs FROM ( SELECT count(*) AS n FROM pairs WHERE NOT imported GROUP BY prompt_hash HAVING count(*) > 1) AS repeated
WITH ballot AS ( SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::real[]) WITH ORDINALITY AS b (preference_id, pair_id, key_id, user_id, choice, comment, tags, confidence, place)), open AS ( SELECT b.place, b.preference_id, b.pair_id, b.key_id, b.choice, b.comment, b.tags, b.confidence, p.policy_a, p.policy_b, CASE WHEN own THEN p.user_id ELSE l.user_id END AS user_id, CASE WHEN own THEN p.expires_at ELSE l.leased_until END AS closes_at FROM ballot b CROSS JOIN LATERAL ( SELECT policy_a, policy_b, user_id, expires_at, key_id = b.key_id AND user_id = coalesce(b.user_id, user_id) AS own FROM pairs WHERE pair_id = b.pair_id LIMIT 1) p LEFT JOIN LATERAL ( SELECT user_id, leased_until FROM leases WHERE NOT own AND pair_id = b.pair_id AND key_id = b.key_id AND user_id = coalesce(b.user_id, b.key_id) LIMIT 1) l ON true WHERE own OR l.user_id IS NOT NULL), fresh AS ( INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, comment, tags, confidence, recorded_at, policy_a, policy_b) SELECT preference_id, pair_id, key_id, user_id, choice, comment, string_to_array(tags, E' '), confidence, $9, policy_a, policy_b FROM open WHERE closes_at > $10 ORDER BY pair_id, user_id, place ON CONFLICT (pair_id, user_id) DO NOTHING RETURNING preference_id, pair_id, user_id, choice, recorded_at) SELECT open.place, open.user_id, open.policy_a, open.policy_b, open.closes_at, coalesce(fresh.preference_id, old.preference_id) AS preference_id, coalesce(fresh.choice, old.choice) AS choice, coalesce(fresh.recorded_at, old.recorded_at) AS recorded_at FROM open LEFT JOIN fresh ON fresh.pair_id = open.pair_id AND fresh.user_id = open.user_id LEFT JOIN LATERAL ( SELECT preference_id, choice, recorded_at FROM preferences WHERE fresh.preference_id IS NULL AND pair_id = open.pair_id AND user_id = open.user_id LIMIT 1) old ON true
SELECT v.preference_id, p.prompt_ids, CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen, CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected FROM preferences v JOIN pairs p USING (pair_id)
SELECT prompt_ids FROM ( SELECT DISTINCT ON (prompt_hash) prompt_ids, created_at FROM pairs WHERE base_hash = $1 AND cardinality(prompt_ids) > 0 ORDER BY prompt_hash, created_at DESC) AS prompts ORDER BY created_at DESC LIMIT $2
INSERT INTO gateways (gateway, base_hash, revision, version, hash, problem) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (gateway) DO UPDATE SET base_hash = excluded.base_hash, revision = excluded.revision, version = excluded.version, hash = excluded.hash, problem = excluded.problem, seen_at = now()
DELETE FROM gateways WHERE seen_at < now() - interval '1 day'
SELECT * FROM gateways WHERE base_hash = $1 ORDER BY gateway
SELECT rollout_id, seq, run_id, candidate, candidate_hash, champion, champion_hash, mode, share, status, reason, wins, losses, created_at, duel_began_at, ended_at FROM rollouts
INSERT INTO rollouts (base_hash, run_id, candidate, candidate_hash, champion, champion_hash, mode, share, status) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'gating') ON CONFLICT DO NOTHING RETURNING rollout_id
UPDATE rollouts SET status = $1, reason = $2, duel_began_at = CASE WHEN $3 = 'duelling' THEN now() ELSE duel_began_at END, ended_at = CASE WHEN $4 IN ('gating', 'duelling', 'waiting') THEN NULL ELSE now() END WHERE rollout_id = $5 AND status = $6
SELECT count(*) FILTER (WHERE won) AS wins, count(*) FILTER (WHERE NOT won) AS losses FROM ( SELECT DISTINCT ON (v.user_id, p.prompt_hash) (v.choice = 'a') = (p.hash_a = $1) AS won FROM pairs p JOIN preferences v USING (pair_id) WHERE (p.hash_a, p.hash_b) IN (($2, $3), ($4, $5)) AND p.created_at >= $6 AND NOT p.imported AND v.choice IN ('a', 'b') ORDER BY v.user_id, p.prompt_hash, v.seq) AS first_votes
INSERT INTO rollout_figures AS f VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (rollout_id, gateway, side) DO UPDATE SET completions = f.completions + excluded.completions, empty = f.empty + excluded.empty, unended = f.unended + excluded.unended, errors = f.errors + excluded.errors, tokens = f.tokens + excluded.tokens, seconds = f.seconds + excluded.seconds
SELECT coalesce(sum(completions), 0), coalesce(sum(empty), 0), coalesce(sum(unended), 0), coalesce(sum(errors), 0), coalesce(sum(tokens), 0), coalesce(sum(seconds), 0) FROM rollout_figures WHERE rollout_id = $1 AND side = $2
SELECT FROM rollouts WHERE run_id = $1
SELECT policy FROM training_runs r WHERE base_hash = $1 AND status = 'succeeded' AND policy IS NOT NULL AND NOT EXISTS (SELECT FROM rollouts o WHERE o.run_id = r.run_id) ORDER BY seq LIMIT 1
INSERT INTO rollout_decisions (rollout_id, decision, actor, reason, numbers) VALUES ($1, $2, $3, $4, $5::jsonb)
DELETE FROM gate_rows WHERE rollout_id = $1
INSERT INTO gate_rows (rollout_id, place, name, number, threshold, verdict) VALUES ($1, $2, $3, $4, $5, $6)
SELECT * FROM gate_rows WHERE rollout_id = $1 ORDER BY place
SELECT * FROM rollout_decisions WHERE rollout_id = $1 ORDER BY decision_id
UPDATE rollouts SET wins = $1, losses = $2 WHERE rollout_id = $3
