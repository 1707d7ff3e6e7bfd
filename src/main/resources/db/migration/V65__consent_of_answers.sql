-- As in V62, and first of all whether the voter lets anything be learned. Answers to requests that refuse are never kept.
CREATE OR REPLACE VIEW judged_ratings AS
SELECT r.seq, r.feedback_id, r.completion_id, r.key_id, r.user_id, r.rating, r.first_rating, r.tags, r.recorded_at, r.first_at,
  r.pair_id, a.line, a.base_hash, a.conversation, a.part, a.prompt_ids, a.ids, a.policy, a.hash,
  CASE
    WHEN EXISTS (SELECT FROM keys k WHERE NOT k.learn AND k.id = r.key_id)
      OR EXISTS (SELECT FROM learning_refusals x WHERE x.user_id = r.user_id AND x.key_id IN (r.key_id, '')) THEN 'no_consent'
    WHEN a.unusable IS NOT NULL THEN a.unusable
    WHEN a.messages IS NULL AND NOT a.imported
      AND EXISTS (SELECT FROM keys k WHERE k.id = a.key_id AND k.role = 'chat') THEN 'raw_prompt'
    WHEN EXISTS (SELECT FROM exclusions x
      WHERE x.kind = 'id' AND x.value = r.feedback_id OR x.kind = 'key' AND x.value = r.key_id
        OR x.kind = 'user' AND x.value = r.user_id OR x.kind = 'tag' AND x.value = ANY (r.tags)) THEN 'excluded'
  END AS unusable
FROM ratings r JOIN answers a USING (completion_id);
