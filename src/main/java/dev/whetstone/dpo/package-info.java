/**
 * Direct Preference Optimization (Rafailov et al. 2023) of one run: begin with {@link Trainer},
 * whose loop makes a {@code TrainStep} for each batch of {@code BatchOrder}, evaluates, and saves a
 * {@code Checkpoint}. A run is single-threaded apart from PyTorch's own threads and the
 * optimizer's; the same job gives the same bits on the same machine, however often it is killed and
 * resumed. {@link RunDirectory} lists the files of a run. Knows nothing of the database: that is
 * {@code training.worker}.
 */
@NullMarked
package dev.whetstone.dpo;

import org.jspecify.annotations.NullMarked;
