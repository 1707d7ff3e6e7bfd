/**
 * Training runs: {@code /training/runs}. Begin with {@link TrainingResource}. A gateway only queues
 * a run and reads its progress, from tables of {@code training}; a trainer process executes it.
 */
@NullMarked
package dev.whetstone.gateway.training;

import org.jspecify.annotations.NullMarked;
