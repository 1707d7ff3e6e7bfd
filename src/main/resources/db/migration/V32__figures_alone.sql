-- The champion in pairs without the candidate: sides of one pair are decoded together, so that only
-- pairs apart tell how much a candidate slows them.
ALTER TABLE rollout_figures DROP CONSTRAINT rollout_figures_side_check;
ALTER TABLE rollout_figures ADD CONSTRAINT rollout_figures_side_check
  CHECK (side IN ('candidate', 'champion', 'alone'));
