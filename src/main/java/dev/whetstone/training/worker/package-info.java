/**
 * The trainer process: waits for votes, selects pairs, runs DPO and stores the candidate. Begin
 * with {@link TrainingWorker}; {@link TrainingRunExecutor} executes one run.
 *
 * <p>All work is done on one thread, of the trainer that holds the advisory lock. Owns the tables
 * run_preferences and reference_logps, and WHETSTONE_HOME/training, which has a folder with a
 * checkpoint for each run. The only package that uses both {@code dpo} and the database.
 */
@NullMarked
package dev.whetstone.training.worker;

import org.jspecify.annotations.NullMarked;
