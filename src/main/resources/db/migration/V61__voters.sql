-- A voter is a key and a user of it. A personal key is one person, whatever names it sends; an application vouches for the
-- names of its users. Keys of before were believed, and stay so.
ALTER TABLE keys
  ADD COLUMN users text NOT NULL DEFAULT 'application' CHECK (users IN ('personal', 'application'));

ALTER TABLE preferences DROP CONSTRAINT preferences_pair_id_user_id_key;
ALTER TABLE preferences ADD UNIQUE (pair_id, key_id, user_id);
