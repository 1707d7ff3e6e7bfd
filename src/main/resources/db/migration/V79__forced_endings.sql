-- An answer that was made longer or cut by further end tokens tells as little of what the policy writes as one cut by a stop
-- sequence. dev.whetstone.preference.PairUse says the same in Java.
CREATE OR REPLACE FUNCTION sampling_unusable(sampling jsonb) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN coalesce(sampling -> 'logit_bias', '{}') NOT IN ('{}', 'null') THEN 'logit_bias'
    WHEN coalesce(sampling -> 'stop', '[]') NOT IN ('[]', 'null') OR coalesce(sampling -> 'ending', 'null') <> 'null' THEN 'stop'
    WHEN coalesce((sampling ->> 'presence_penalty')::double precision, 0) <> 0
      OR coalesce((sampling ->> 'frequency_penalty')::double precision, 0) <> 0
      OR coalesce((sampling ->> 'repetition_penalty')::double precision, 1) NOT BETWEEN 1 AND 1.2 THEN 'penalty'
    WHEN coalesce(sampling -> 'schema', 'null') <> 'null' OR coalesce(sampling -> 'choices', 'null') <> 'null' THEN 'grammar'
    WHEN coalesce((sampling ->> 'temperature')::double precision, 1) < 0.2
      OR coalesce((sampling ->> 'top_k')::double precision, 0) = 1 THEN 'deterministic'
  END;
