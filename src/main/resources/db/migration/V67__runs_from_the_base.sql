-- A run that was asked to begin with the base, whatever its data take: what an erased vote taught a champion goes no further.
ALTER TABLE training_runs ADD COLUMN from_base boolean NOT NULL DEFAULT false;
