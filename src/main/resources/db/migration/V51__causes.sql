-- Why a rollout came to its status, as a word: for metrics, which cannot tell sentences apart. Null in rows of older builds.
ALTER TABLE rollouts ADD COLUMN cause text;
ALTER TABLE rollout_decisions ADD COLUMN cause text;
