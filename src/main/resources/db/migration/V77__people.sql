-- People whom a provider signs in (OpenID Connect): a row of keys for each, whose secret nobody has. It is the voter, whatever
-- role the provider names today, and can be revoked as keys can.
ALTER TABLE keys
  ADD COLUMN issuer text,
  ADD COLUMN subject text,
  ADD CONSTRAINT keys_person CHECK ((issuer IS NULL) = (subject IS NULL)),
  ADD CONSTRAINT keys_one_person UNIQUE (issuer, subject);

ALTER TABLE sessions DROP CONSTRAINT sessions_origin_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_origin_check CHECK (origin IN ('link', 'key', 'oidc'));
