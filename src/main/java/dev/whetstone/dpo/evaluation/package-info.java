/**
 * What a training run measures. {@link StepMetrics} is one line of {@code metrics.jsonl}, which
 * {@link MetricsLog} writes; {@link EarlyStopping} decides from the evaluations of validation pairs
 * when a run ends and which policy it gives. Pure values but for the log; used on the training
 * thread.
 */
@NullMarked
package dev.whetstone.dpo.evaluation;

import org.jspecify.annotations.NullMarked;
