-- How often a run's trainer was lost. Attempts count every start: orderly stops and a database that was away, too.
ALTER TABLE training_runs
  ADD COLUMN lost integer NOT NULL DEFAULT 0,
  -- true from a trainer's orderly end until the next one takes the run up
  ADD COLUMN handed_back boolean NOT NULL DEFAULT false;
