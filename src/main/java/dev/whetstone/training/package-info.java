/**
 * Training runs as the cluster knows them: rows, statuses, progress and the scores of the
 * validation pairs. Begin with {@link TrainingRunStore}, which any thread of a gateway or trainer
 * may call. Owns the tables training_runs, run_progress and run_scores, and the channel
 * whetstone_runs. How a run is executed is {@code training.worker}'s business.
 */
@NullMarked
package dev.whetstone.training;

import org.jspecify.annotations.NullMarked;
