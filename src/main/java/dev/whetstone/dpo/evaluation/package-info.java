/** What a training run measures: step and validation metrics, their log, and early stopping. */
@NullMarked
package dev.whetstone.dpo.evaluation;

import org.jspecify.annotations.NullMarked;
